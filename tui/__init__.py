"""What a terminal shows: the commands and the app. Knows core; core never knows it."""
