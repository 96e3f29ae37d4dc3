import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.Result;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/**
 * Runs one JUnit 4 class, then one that must fail, and tells each test's end on the real standard
 * output.
 */
public final class GemelDriver {
    private GemelDriver() {}

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        Report report = new Report(System.out, in.readLine());
        System.setOut(System.err);
        JUnitCore core = new JUnitCore();
        core.addListener(report);
        Result result = core.run(Class.forName(args[0]), Class.forName(args[1]));
        report.send("end", "", Integer.toString(result.getRunCount()), 0);
        // Threads of tests that ran out of time may still be busy.
        Runtime.getRuntime().halt(result.wasSuccessful() ? 0 : 1);
    }

    private static final class Report extends RunListener {
        private final PrintStream out;
        private final String nonce;
        private Failure failure;
        private boolean isSkipped;
        private long began;

        Report(PrintStream out, String nonce) {
            this.out = out;
            this.nonce = nonce;
        }

        @Override
        public void testStarted(Description test) {
            failure = null;
            isSkipped = false;
            began = System.nanoTime();
            send("start", name(test), "", 0);
        }

        @Override
        public void testFailure(Failure found) {
            failure = found;
            if (found.getDescription().getMethodName() == null) {
                send("error", name(found.getDescription()), text(found), 0);
            }
        }

        @Override
        public void testAssumptionFailure(Failure found) {
            isSkipped = true;
        }

        @Override
        public void testFinished(Description test) {
            double seconds = (System.nanoTime() - began) / 1e9;
            if (failure == null) {
                send(isSkipped ? "skipped" : "passed", name(test), "", seconds);
            } else {
                send(kind(failure.getException()), name(test), text(failure), seconds);
            }
        }

        @Override
        public void testIgnored(Description test) {
            send("skipped", name(test), "", 0);
        }

        synchronized void send(String kind, String name, String text, double seconds) {
            String line = String.join("\t", nonce, kind, pack(name), pack(text), "" + seconds);
            out.print(line + "\n");
            out.flush();
        }

        private static String kind(Throwable error) {
            String name = error.getClass().getName();
            if (name.endsWith("TestTimedOutException")) {
                return "hung";
            }
            return error instanceof AssertionError ? "failed" : "error";
        }

        private static String name(Description test) {
            return test.getMethodName() == null ? test.getDisplayName() : test.getMethodName();
        }

        private static String text(Failure found) {
            String text = String.valueOf(found.getException());
            return text.substring(0, Math.min(4000, text.length()));
        }

        private static String pack(String text) {
            return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
