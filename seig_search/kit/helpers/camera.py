def kit_look_at(thing, target):
    """Turn a camera or lamp so that it looks at a point (x, y, z) in metres; set its location first; returns it."""
    from mathutils import Vector

    thing.rotation_euler = (Vector(target) - thing.location).to_track_quat("-Z", "Y").to_euler()
    return thing


def kit_unproject(px, py, width, height, z=0.0, camera=None):
    """World point (a Vector, metres) on the level plane at height z that is seen in pixel (px, py) of a picture.

    The picture has `width` x `height` pixels, (0, 0) at its top left corner; no camera means the scene's.
    """
    import bpy
    from mathutils import Vector

    bpy.context.view_layer.update()
    scene = bpy.context.scene
    camera = camera or scene.camera
    lens, render = camera.data, scene.render
    tall = render.pixel_aspect_y / render.pixel_aspect_x
    level = lens.sensor_fit == "HORIZONTAL" or (lens.sensor_fit == "AUTO" and width >= height * tall)
    span = width if level else height * tall
    sensor = lens.sensor_height if lens.sensor_fit == "VERTICAL" else lens.sensor_width
    pixel = (lens.ortho_scale if lens.type == "ORTHO" else sensor / lens.lens) / span
    x = (px - width / 2 + lens.shift_x * span) * pixel
    y = ((height / 2 - py) * tall + lens.shift_y * span) * pixel
    place = camera.matrix_world.normalized()
    eye = place @ Vector((x, y, 0)) if lens.type == "ORTHO" else place.translation
    ray = place.to_3x3() @ (Vector((0, 0, -1)) if lens.type == "ORTHO" else Vector((x, y, -1)))
    reach = (z - eye.z) / ray.z if abs(ray.z) > 1e-9 else -1.0
    if reach <= 0:
        raise ValueError(f"pixel ({px}, {py}) does not see the plane z = {z}: it looks at or above the horizon")
    return eye + ray * reach
