"""What is drawn: the only package that imports streamlit."""
