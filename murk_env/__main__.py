"""`python -m murk_env` is the command `murk`."""

from murk_env.cli import main

if __name__ == "__main__":
    main()
