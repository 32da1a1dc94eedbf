"""What the pages are drawn with; besides the pages themselves the only code that imports streamlit."""
