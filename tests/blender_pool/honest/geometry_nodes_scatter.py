"""A geometry nodes tree built by code: points on a grid, instanced and turned at random."""
import bpy

bpy.data.objects.remove(bpy.data.objects["Cube"])
tree = bpy.data.node_groups.new("Scatter", "GeometryNodeTree")
tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
density = tree.interface.new_socket("Density", in_out="INPUT", socket_type="NodeSocketFloat")
density.default_value = 6.0
tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
nodes, links = tree.nodes, tree.links
entry, leave = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
scatter = nodes.new("GeometryNodeDistributePointsOnFaces")
instance = nodes.new("GeometryNodeInstanceOnPoints")
cone = nodes.new("GeometryNodeMeshCone")
cone.inputs["Depth"].default_value = 0.7
cone.inputs["Radius Bottom"].default_value = 0.2
turn = nodes.new("FunctionNodeRandomValue")
turn.data_type = "FLOAT_VECTOR"
turn.inputs["Max"].default_value = (0.6, 0.6, 6.28)
join = nodes.new("GeometryNodeJoinGeometry")
links.new(entry.outputs["Geometry"], scatter.inputs["Mesh"])
links.new(entry.outputs["Density"], scatter.inputs["Density"])
links.new(scatter.outputs["Points"], instance.inputs["Points"])
links.new(cone.outputs["Mesh"], instance.inputs["Instance"])
links.new(turn.outputs["Value"], instance.inputs["Rotation"])
links.new(instance.outputs["Instances"], join.inputs["Geometry"])
links.new(entry.outputs["Geometry"], join.inputs["Geometry"])
links.new(join.outputs["Geometry"], leave.inputs["Geometry"])

bpy.ops.mesh.primitive_plane_add(size=6)
ground = bpy.context.object
modifier = ground.modifiers.new("Scatter", "NODES")
modifier.node_group = tree
modifier[density.identifier] = 4.0
