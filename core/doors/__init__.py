"""The operations of the engine, one class per stage; `core.engine.Engine` is all of them."""
