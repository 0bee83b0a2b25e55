"""An add-on in one file: properties, an operator, a panel, a menu entry, then it is used."""
import bpy

bl_info = {"name": "Stair maker", "blender": (4, 2, 0), "category": "Object"}


class StairSettings(bpy.types.PropertyGroup):
    steps: bpy.props.IntProperty(name="Steps", default=7, min=1, max=50)
    rise: bpy.props.FloatProperty(name="Rise", default=0.25)


class OBJECT_OT_stairs(bpy.types.Operator):
    """Make stairs."""

    bl_idname = "object.make_stairs"
    bl_label = "Make Stairs"
    bl_options = {"REGISTER", "UNDO"}
    width: bpy.props.FloatProperty(default=2.0)

    @classmethod
    def poll(cls, context):
        return context.mode == "OBJECT"

    def execute(self, context):
        settings = context.scene.stair_settings
        for index in range(settings.steps):
            bpy.ops.mesh.primitive_cube_add(size=1, location=(0, 0.4 * index - 1, settings.rise * (index + 0.5)))
            context.object.scale = (self.width, 0.4, settings.rise * (1 + index % 2 * 0.1))
        self.report({"INFO"}, f"{settings.steps} steps")
        return {"FINISHED"}


class VIEW3D_PT_stairs(bpy.types.Panel):
    bl_label = "Stairs"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Stairs"

    def draw(self, context):
        self.layout.operator(OBJECT_OT_stairs.bl_idname)


def menu(self, context):
    self.layout.operator(OBJECT_OT_stairs.bl_idname)


classes = (StairSettings, OBJECT_OT_stairs, VIEW3D_PT_stairs)


def register():
    for cls in classes:
        bpy.utils.register_class(cls)
    bpy.types.Scene.stair_settings = bpy.props.PointerProperty(type=StairSettings)
    bpy.types.VIEW3D_MT_mesh_add.append(menu)


if __name__ == "__main__":
    register()
    bpy.data.objects["Cube"].location.x = 3
    bpy.context.scene.stair_settings.steps = 6
    bpy.ops.object.make_stairs(width=2.5)
