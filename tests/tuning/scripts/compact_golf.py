import bpy;from math import*;from mathutils import*
D=bpy.data;S=bpy.context.scene
[D.objects.remove(o)for o in[*D.objects]]
def N(n,d,l,r=(0,0,0)):o=D.objects.new(n,d);o.location=l;o.rotation_euler=r;S.collection.objects.link(o);return o
def M(n,c,k=.5):m=D.materials.new(n);m.use_nodes=1;p=m.node_tree.nodes['Principled BSDF'].inputs;p['Base Color'].default_value=(*c,1);p['Roughness'].default_value=k;return m
bpy.ops.mesh.primitive_monkey_add(size=2.2,location=(0,0,1.1),rotation=(0,0,.2));bpy.context.object.data.materials.append(M('fur',(.5,.3,.15)))
bpy.ops.mesh.primitive_plane_add(size=30);bpy.context.object.data.materials.append(M('ground',(.6,.6,.55),k=.9))
L=D.lights.new('L','SUN');L.energy=2.5;L.angle=.1;N('L',L,(0,0,5),(.6,.3,0)) # sunny
K=D.cameras.new('K');K.lens=48;S.camera=N('K',K,(0,-7,1.8),(radians(84),0,0))
W=S.world or D.worlds.new('W');S.world=W;W.use_nodes=True;W.node_tree.nodes['Background'].inputs[1].default_value=.4
