"""stub"""
def show_seeds(page): pass
