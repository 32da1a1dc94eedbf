"""stub"""
import streamlit as st
from dlcore.data.images import load_test
def show_pad(page): st.write("pad")
def drawn_input(page): return load_test("mnist").test_images[0], None
