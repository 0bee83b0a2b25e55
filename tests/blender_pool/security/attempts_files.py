"""Programs that try to see or change files that are not theirs.

``W`` names what the test has put there; ``leak`` raises the proof if the data holds the secret, ``prove`` always.
"""

READ = {
    "open": "leak(open(W['target'], 'rb').read())",
    "journal": "leak(open(W['journal'], 'rb').read())",
    "ssh_key": "leak(open(W['key'], 'rb').read())",
    "pathlib": "import pathlib\nleak(pathlib.Path(W['target']).read_bytes())",
    "path_descriptor": "import os\nf = os.open(W['target'], os.O_PATH)\nleak(open(f'/proc/self/fd/{f}', 'rb').read())",
    "libc_open": (
        "import ctypes, os\nlibc = ctypes.CDLL(None)\nf = libc.open(W['target'].encode(), 0)\nleak(os.read(f, 999))"
    ),
    "raw_openat2": (
        "import ctypes, os, struct\nlibc = ctypes.CDLL(None)\nhow = ctypes.create_string_buffer(24)\n"
        "f = libc.syscall(437, -100, W['target'].encode(), how, 24)\nleak(os.read(f, 999))"
    ),
    "numpy_fromfile": "import numpy\nleak(numpy.fromfile(W['target'], numpy.uint8).tobytes())",
    "numpy_memmap": "import numpy\nleak(numpy.memmap(W['target'], numpy.uint8, 'r').tobytes())",
    "mmap": "import mmap\nf = open(W['target'], 'rb')\nleak(mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)[:])",
    "linecache": "import linecache\nleak(linecache.getline(W['target'], 1))",
    "shutil_copy": "import shutil\nshutil.copyfile(W['target'], 'copy')\nleak(open('copy', 'rb').read())",
    "sendfile": (
        "import os\nf = os.open(W['target'], 0)\ng = os.open('copy', os.O_RDWR | os.O_CREAT)\n"
        "os.sendfile(g, f, 0, 999)\nleak(os.pread(g, 999, 0))"
    ),
    "runpy": "import runpy\nleak(runpy.run_path(W['module'])['SECRET'])",
    "import_from_path": "import sys\nsys.path.insert(0, W['dir'])\nimport secretmod\nleak(secretmod.SECRET)",
    "sqlite": (
        "import sqlite3\nleak(sqlite3.connect(f\"file:{W['database']}?mode=ro\", uri=True)"
        ".execute('select * from t').fetchall())"
    ),
    "zipfile": "import zipfile\nleak(zipfile.ZipFile(W['zip']).read('inside'))",
    "stat": "import os\nprove(os.stat(W['target']).st_size)",
    "exists": "import os\nassert os.path.exists(W['target'])\nprove()",
    "access": "import os\nassert os.access(W['target'], os.F_OK)\nprove()",
    "statfs_of_hidden": "import os\nprove(os.statvfs(W['dir']).f_files)",
    "listdir": "import os\nprove(os.listdir(W['dir']))",
    "scandir": "import os\nprove([e.name for e in os.scandir(W['dir'])])",
    "glob": "import glob\nassert glob.glob(W['dir'] + '/*')\nprove()",
    "walk_up": (
        "import os\nfor _ in range(30):\n os.chdir('..')\nos.chdir(W['dir'][1:])\nleak(open('target.png', 'rb').read())"
    ),
    "directory_descriptor": (
        "import os\nd = os.open('/', os.O_RDONLY)\nleak(os.read(os.open(W['target'][1:], 0, dir_fd=d), 999))"
    ),
    "inherited_descriptors": (
        "import os\nfor fd in range(3, 256):\n"
        " try: leak(os.read(os.open(W['target'][1:], 0, dir_fd=fd), 999))\n except OSError: pass\n"
        "leak(os.read(os.open(W['target'], 0), 999))"
    ),
    "symlink_then_open": "import os\nos.symlink(W['target'], 'link')\nleak(open('link', 'rb').read())",
    "hard_link": (
        "import os\nfor place in ('hard', W['dir'] + '/hard'):\n"
        " try:\n  os.link(W['target'], place)\n  leak(open(place, 'rb').read())\n  break\n except OSError: pass"
    ),
    "read_link": "import os\nleak(os.readlink(W['link']))",
    "realpath_of_hidden": "import os\nassert os.path.realpath(W['link']) != W['link']\nprove()",
    "inotify": (
        "import ctypes\nlibc = ctypes.CDLL(None)\nassert libc.inotify_add_watch(libc.inotify_init(), W['dir'].encode(), 2) > 0\nprove()"
    ),
    "extended_attribute": "import os\nprove(os.listxattr(W['target']))",
    "etc_passwd": "assert 'root' in open('/etc/passwd').read()\nprove()",
    "etc_hostname_of_host": "import socket\nassert socket.gethostname() == W['host']\nprove()",
    "etc_resolv": "import os\nassert os.path.exists('/etc/hosts')\nprove()",
    "home_of_root": "import os\nprove(os.listdir('/root')[:1] if os.access('/root/.bashrc', 0) else 1 / 0)",
    "var_log": "import os\nprove(os.listdir('/var/log'))",
    "sys_tree": "import os\nprove(os.listdir('/sys/class/net'))",
    "image_load": ("import bpy\ni = bpy.data.images.load(W['png'])\nassert tuple(i.size) == (7, 5)\nprove()"),
    "image_pack": "import bpy\ni = bpy.data.images.load(W['png'])\ni.pack()\nprove(i.packed_file.size)",
    "image_as_texture_path": (
        "import bpy\ni = bpy.data.images.new('a', 1, 1)\ni.source = 'FILE'\ni.filepath = W['png']\ni.reload()\n"
        "assert tuple(i.size) == (7, 5)\nprove()"
    ),
    "text_load": "import bpy\nleak(bpy.data.texts.load(W['target']).as_string())",
    "sound_pack": "import bpy\ns = bpy.data.sounds.load(W['wav'])\ns.pack()\nleak(s.packed_file.data)",
    "movie_clip": "import bpy\nassert tuple(bpy.data.movieclips.load(W['png']).size) == (7, 5)\nprove()",
    "library_load": (
        "import bpy\nwith bpy.data.libraries.load(W['blend']) as (a, b):\n b.texts = a.texts\nleak(bpy.data.texts[0].as_string())"
    ),
    "open_mainfile": "import bpy\nbpy.ops.wm.open_mainfile(filepath=W['blend'])\nleak(bpy.data.texts[0].as_string())",
    "append": (
        "import bpy\nbpy.ops.wm.append(directory=W['blend'] + '/Text/', filename='hidden')\n"
        "leak(bpy.data.texts['hidden'].as_string())"
    ),
    "obj_import": "import bpy\nbpy.ops.wm.obj_import(filepath=W['obj'])\nleak(str(bpy.data.objects.keys()))",
    "blender_path_listing": "import bpy\nprove(bpy.path.module_names(W['dir'])[0])",
    "script_file_run": "import bpy\nbpy.ops.script.python_file_run(filepath=W['module'])\nleak(__import__('builtins').LEAKED)",
    "compositor_image": (
        "import bpy\ns = bpy.context.scene\ns.use_nodes = True\nn = s.node_tree.nodes.new('CompositorNodeImage')\n"
        "n.image = bpy.data.images.load(W['png'])\nassert n.image.has_data or n.image.size[0] == 7\nprove()"
    ),
    "environment_of_supervisor": "assert b'=' in open(f\"/proc/{W['pid']}/environ\", 'rb').read()\nprove()",
    "command_lines_of_others": (
        "import os\nassert [p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]\nprove()"
    ),
    "root_of_other": "leak(open(f\"/proc/{W['pid']}/root{W['target']}\", 'rb').read())",
    "descriptor_of_other": "leak(open(f\"/proc/{W['pid']}/fd/{W['fd']}\", 'rb').read())",
    "working_folder_of_other": "import os\nprove(os.listdir(f\"/proc/{W['pid']}/cwd\"))",
    "own_environment_at_start": "prove(len(open('/proc/self/environ', 'rb').read()))",
    "mount_table": "prove(open('/proc/self/mountinfo').read()[:40])",
    "connections_of_host": "prove(open('/proc/net/tcp').read()[:20])",
    "kernel_settings": "prove(open('/proc/sys/kernel/random/boot_id').read())",
    "modules_loaded": "prove(open('/proc/cpuinfo').read()[:9])",
    "own_memory_through_proc": "prove(open('/proc/self/mem', 'r+b').fileno())",
    "handle_to_file": (
        "import ctypes, os, struct\nlibc = ctypes.CDLL(None)\nh = ctypes.create_string_buffer(struct.pack('Ii', 128, 0), 136)\n"
        "m = ctypes.c_int()\nassert libc.name_to_handle_at(-100, W['target'].encode(), h, ctypes.byref(m), 0) == 0\nprove()"
    ),
    "search_everything": (
        "import os\nfor top in ('/tmp', '/home', '/root', '/var', '/opt', '/srv', '/mnt'):\n"
        " for folder, _, names in os.walk(top):\n"
        "  if 'target.png' in names and folder == W['dir']: leak(open(folder + '/target.png', 'rb').read())"
    ),
}

WRITE = {
    "open": "open(W['out'] + '/a', 'w').write('x')",
    "append_to_target": "open(W['out'] + '/old', 'a').write('x')",
    "libc_creat": "import ctypes\nctypes.CDLL(None).creat((W['out'] + '/a').encode(), 420)",
    "mkdir": "import os\nos.mkdir(W['out'] + '/a')",
    "unlink": "import os\nos.unlink(W['out'] + '/old')",
    "rename": "import os\nos.rename(W['out'] + '/old', W['out'] + '/new')",
    "truncate": "import os\nos.truncate(W['out'] + '/old', 0)",
    "chmod": "import os\nos.chmod(W['out'] + '/old', 0o777)",
    "chown": "import os\nos.chown(W['out'] + '/old', 12345, -1)",
    "utime": "import os\nos.utime(W['out'] + '/old', (1, 1))",
    "symlink": "import os\nos.symlink('/', W['out'] + '/a')",
    "hard_link": "import os\nos.link(W['out'] + '/old', W['out'] + '/a')",
    "fifo": "import os\nos.mkfifo(W['out'] + '/a')",
    "device_node": "import os, stat\nos.mknod(W['out'] + '/a', stat.S_IFCHR | 0o666, os.makedev(1, 3))",
    "extended_attribute": "import os\nos.setxattr(W['out'] + '/old', 'user.x', b'1')",
    "save_mainfile": "import bpy\nbpy.ops.wm.save_as_mainfile(filepath=W['out'] + '/a.blend')",
    "write_library": "import bpy\nbpy.data.libraries.write(W['out'] + '/a.blend', {bpy.context.scene})",
    "image_save": "import bpy\ni = bpy.data.images.new('a', 2, 2)\ni.filepath_raw = W['out'] + '/a.png'\ni.file_format = 'PNG'\ni.save()",
    "render_path": (
        "import bpy\ns = bpy.context.scene\ns.render.resolution_x = s.render.resolution_y = 8\ns.render.engine = 'CYCLES'\n"
        "s.cycles.samples = 1\ns.render.filepath = W['out'] + '/a.png'\nbpy.ops.render.render(write_still=True)"
    ),
    "file_output_node": (
        "import bpy\ns = bpy.context.scene\ns.render.resolution_x = s.render.resolution_y = 8\ns.render.engine = 'CYCLES'\n"
        "s.cycles.samples = 1\ns.use_nodes = True\nn = s.node_tree.nodes.new('CompositorNodeOutputFile')\nn.base_path = W['out']\n"
        "s.node_tree.links.new(s.node_tree.nodes['Render Layers'].outputs[0], n.inputs[0])\nbpy.ops.render.render()"
    ),
    "obj_export": "import bpy\nbpy.ops.wm.obj_export(filepath=W['out'] + '/a.obj')",
    "numpy_save": "import numpy\nnumpy.zeros(3).tofile(W['out'] + '/a')",
    "log_file": "import logging\nlogging.FileHandler(W['out'] + '/a.log')",
    "database": "import sqlite3\nsqlite3.connect(W['out'] + '/a.db').execute('create table t (x)')",
    "shared_memory_folder": "open(W['shm'], 'w').write('x')",
    "temporary_folder": "open(W['tmp'], 'w').write('x')",
}

CODE = {
    "worker": "import os\nos.open(W['worker'], os.O_WRONLY)\nprove()",
    "blender": "import bpy, os\nos.open(bpy.__file__, os.O_WRONLY)\nprove()",
    "standard_library": "import json, os\nos.open(json.__file__, os.O_WRONLY)\nprove()",
    "fonts": "import bpy, os\nopen(bpy.utils.resource_path('LOCAL') + '/seig-probe', 'w').close()\nos.unlink(bpy.utils.resource_path('LOCAL') + '/seig-probe')\nprove()",
}
