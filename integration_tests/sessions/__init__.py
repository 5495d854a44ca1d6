"""How long an old session is still served after its window was closed, in real browsers."""
