"""`python -m dlcore.engine` is the engine's host; the server starts it and tells it what to do on its stdin."""

from dlcore.engine.host import main

if __name__ == "__main__":
    main()
