# Camera rig: an empty is the point of interest, a Track To constraint does the rest.
import bpy
C, D = bpy.context, bpy.data

for coll in (D.objects, D.meshes, D.materials):
    for item in list(coll):
        coll.remove(item)

bpy.ops.mesh.primitive_cone_add(radius1=1.2, depth=2.2, location=(0, 0, 1.1))
cone = C.object
paint = D.materials.new('Paint'); paint.use_nodes = True
paint.node_tree.nodes['Principled BSDF'].inputs['Base Color'].default_value = [.85, .4, .05, 1.]
cone.data.materials.append(paint)
bpy.ops.mesh.primitive_plane_add(size=9.)

poi = D.objects.new('POI', None)
poi.location = (0., 0., .9)
C.collection.objects.link(poi)

def rig(kind, name, data, xyz):
    ob = D.objects.new(name, data)
    ob.location = xyz
    C.collection.objects.link(ob)
    con = ob.constraints.new('TRACK_TO')
    con.target, con.track_axis, con.up_axis = poi, 'TRACK_NEGATIVE_Z', 'UP_Y'
    return ob

spot = D.lights.new('Spot', 'SPOT')
spot.energy, spot.spot_size, spot.spot_blend = 1500., 1.1, .3
rig('light', 'Spot', spot, (3., -4., 5.))

lens = D.cameras.new('Lens')
lens.lens = 50.
C.scene.camera = rig('camera', 'Lens', lens, xyz=(2.5, -7., 3.))
