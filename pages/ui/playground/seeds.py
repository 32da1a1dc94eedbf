"""stub"""
def show_seeds(page):
    """Stub."""
