"""What runs inside Blender's own Python: it reads jobs from a pipe, runs programs, and answers with pictures.

Standard library, numpy and ``bpy`` only; nothing of the rest of the project is imported here, so that any
Blender can run it with ``blender --background --python main.py``.
"""
