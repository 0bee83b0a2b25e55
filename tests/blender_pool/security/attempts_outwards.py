"""Programs that try to start, reach, or disturb something outside: processes, the network, the kernel."""

LIBC = "import ctypes, os, struct\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def call(number, *arguments):
    """Program text: a system call that proves itself by not failing."""
    words = ", ".join(
        [f"ctypes.c_long({number})", *(f"ctypes.c_long({a})" if isinstance(a, int) else a for a in arguments)]
    )
    return LIBC + f"r = libc.syscall({words})\nassert r >= 0, os.strerror(ctypes.get_errno())\nprove(r)"


# Each leaves the file W['mark'] outside, if it can.
RUN = {
    "subprocess": "import subprocess\nsubprocess.run(['touch', W['mark']], check=True)",
    "os_system": "import os\nos.system('touch ' + W['mark'])",
    "popen": "import os\nos.popen('touch ' + W['mark']).read()",
    "posix_spawn": "import os\nos.waitpid(os.posix_spawn('/usr/bin/touch', ['touch', W['mark']], {}), 0)",
    "fork_exec": "import os\np = os.fork()\nif not p:\n os.execv('/usr/bin/touch', ['touch', W['mark']])\nos.waitpid(p, 0)",
    "exec_in_place": "import os\nos.execv('/usr/bin/touch', ['touch', W['mark']])",
    "fork_only": "import os\np = os.fork()\nif not p:\n os.close(os.open(W['mark'], os.O_CREAT | os.O_WRONLY))\n os._exit(0)\nos.waitpid(p, 0)",
    "libc_system": LIBC + "libc.system(('touch ' + W['mark']).encode())",
    "libc_vfork": LIBC
    + "p = libc.fork()\nif p == 0:\n libc.execl(b'/usr/bin/touch', b'touch', W['mark'].encode(), None)\nos.waitpid(p, 0)",
    "raw_clone": LIBC
    + (
        "p = libc.syscall(56, 17, 0, 0, 0, 0)\nif p == 0:\n libc.creat(W['mark'].encode(), 420)\n os._exit(0)\nos.waitpid(p, 0)"
    ),
    "raw_clone3": LIBC
    + (
        "a = ctypes.create_string_buffer(struct.pack('8Q', 0, 0, 0, 0, 17, 0, 0, 0), 64)\np = libc.syscall(435, a, 64)\n"
        "if p == 0:\n libc.creat(W['mark'].encode(), 420)\n os._exit(0)\nos.waitpid(p, 0)"
    ),
    "memfd_exec": (
        "import os\nf = os.memfd_create('x')\nos.write(f, open('/usr/bin/touch', 'rb').read())\np = os.fork()\n"
        "if not p:\n os.execve(f, ['touch', W['mark']], {})\nos.waitpid(p, 0)"
    ),
    "execveat": LIBC
    + (
        "v = (ctypes.c_char_p * 3)(b'touch', W['mark'].encode(), None)\n"
        "libc.syscall(322, -100, b'/usr/bin/touch', v, None, 0)"
    ),
    "loader_as_program": "import os\nos.execv(W['loader'], [W['loader'], '/usr/bin/touch', W['mark']])",
    "dropped_script": (
        "import os, subprocess\nopen('x.sh', 'w').write('#!/bin/sh\\ntouch ' + W['mark'])\nos.chmod('x.sh', 0o755)\n"
        "subprocess.run([os.path.abspath('x.sh')])"
    ),
    "multiprocessing": (
        "import multiprocessing, os\np = multiprocessing.get_context('fork').Process(target=os.mkdir, args=(W['mark'],))\n"
        "p.start()\np.join()"
    ),
    "pty_spawn": "import pty\npty.spawn(['touch', W['mark']])",
    "handler": ("import bpy, os\nbpy.app.handlers.render_pre.append(lambda *a: os.system('touch ' + W['mark']))\n"),
    "driver_function": (
        "import bpy, os\nbpy.app.driver_namespace['go'] = lambda: os.system('touch ' + W['mark']) or 1.0\n"
        "d = bpy.data.objects['Cube'].driver_add('location', 0).driver\nd.expression = 'go()'\n"
        "bpy.context.view_layer.update()"
    ),
    "autorun_text_in_file": (
        "import bpy\nt = bpy.data.texts.new('evil.py')\nt.write('import os\\nos.system(' + repr('touch ' + W['mark']) + ')')\n"
        "t.use_module = True\nbpy.ops.wm.save_as_mainfile(filepath=bpy.path.abspath('//') or 'x.blend')\n"
        "bpy.context.preferences.filepaths.use_scripts_auto_execute = True\n"
        "bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath, use_scripts=True)"
    ).replace("bpy.path.abspath('//') or 'x.blend'", "__import__('os').path.abspath('x.blend')"),
    "text_as_module": (
        "import bpy\nt = bpy.data.texts.new('evil.py')\nt.write('import os\\nos.system(' + repr('touch ' + W['mark']) + ')')\nt.as_module()"
    ),
    "timer_in_thread": (
        "import os, threading\nt = threading.Timer(0.01, lambda: os.system('touch ' + W['mark']))\nt.start()\nt.join()"
    ),
    "browser": "import os, webbrowser\nos.environ['BROWSER'] = 'touch ' + W['mark'] + ' #%s'\nwebbrowser.get('touch ' + W['mark'] + ' %s').open('x')",
}

NETWORK = {
    "tcp": "import socket\nsocket.create_connection(('127.0.0.1', W['tcp']), 2)\nprove()",
    "http": (
        "import urllib.request\ntry:\n urllib.request.urlopen(f\"http://127.0.0.1:{W['tcp']}/\", timeout=0.3)\n"
        "except TimeoutError:\n prove('it was heard')"
    ),
    "udp": "import socket\nassert socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', W['tcp']))\nprove()",
    "unix": "import socket\nsocket.socket(socket.AF_UNIX).connect(W['unix'])\nprove()",
    "abstract": "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0' + W['abstract'])\nprove()",
    "unix_datagram": "import socket\nsocket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind('\\0seig-x')\nprove()",
    "listen": "import socket\nprove(socket.create_server(('127.0.0.1', 0)))",
    "ipv6": "import socket\nsocket.socket(socket.AF_INET6)\nprove()",
    "raw": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nprove()",
    "packet": "import socket\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW, 768)\nprove()",
    "netlink": "import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nprove()",
    "vsock": "import socket\nsocket.socket(socket.AF_VSOCK)\nprove()",
    "socket_pair": "import socket\nprove(socket.socketpair())",
    "event_loop": "import asyncio\nasyncio.run(asyncio.sleep(0))\nprove()",
    "raw_call": call(41, 2, 1, 0),
    "interfaces": "import socket\nassert [n for _, n in socket.if_nameindex()]\nprove()",
}

PROCESSES = {
    "signal": "import os\nos.kill(W['victim'], 0)\nprove()",
    "signal_supervisor": "import os\nos.kill(W['pid'], 0)\nprove()",
    "signal_parent": "import os\nos.kill(os.getppid(), 0)\nprove()",
    "signal_everybody": "import os\nos.kill(0, 0)\nprove()",
    "signal_thread": LIBC + "assert libc.syscall(234, W['victim'], W['victim'], 0) == 0\nprove()",
    "queue_signal": LIBC
    + "i = ctypes.create_string_buffer(struct.pack('3i', 0, 0, -1), 128)\nassert libc.syscall(129, W['victim'], 0, i) == 0\nprove()",
    "process_descriptor": "import os\nprove(os.pidfd_open(W['victim']))",
    "own_parents_descriptor": "import os\nprove(os.pidfd_open(os.getppid()))",
    "steal_descriptor": LIBC + "p = os.pidfd_open(W['victim'])\nassert libc.syscall(438, p, 0, 0) >= 0\nprove()",
    "trace": LIBC + "assert libc.ptrace(16, W['victim'], 0, 0) == 0\nlibc.ptrace(17, W['victim'], 0, 0)\nprove()",
    "read_memory": LIBC
    + (
        "b = ctypes.create_string_buffer(8)\nl = struct.pack('QQ', ctypes.addressof(b), 8)\n"
        "r = struct.pack('QQ', W['address'], 8)\nassert libc.process_vm_readv(W['victim'], l, 1, r, 1, 0) == 8\nprove()"
    ),
    "read_memory_of_parent": LIBC
    + (
        "b = ctypes.create_string_buffer(8)\nl = struct.pack('QQ', ctypes.addressof(b), 8)\n"
        "assert libc.process_vm_readv(os.getppid(), l, 1, struct.pack('QQ', ctypes.addressof(b), 8), 1, 0) == 8\nprove()"
    ),
    "write_memory_of_parent": LIBC
    + (
        "b = ctypes.create_string_buffer(8)\nl = struct.pack('QQ', ctypes.addressof(b), 0)\n"
        "assert libc.process_vm_writev(os.getppid(), l, 1, l, 1, 0) == 0\nprove()"
    ),
    "memory_file": "open(f\"/proc/{W['victim']}/mem\", 'rb').seek(W['address'])\nprove()",
    "affinity_of_other": "import os\nprove(os.sched_getaffinity(W['victim']))",
    "affinity_of_parent": "import os\nprove(os.sched_getaffinity(os.getppid()))",
    "slow_down_other": "import os\nos.setpriority(os.PRIO_PROCESS, W['victim'], os.getpriority(os.PRIO_PROCESS, W['victim']))\nprove()",
    "limits_of_other": "import resource\nprove(resource.prlimit(W['victim'], resource.RLIMIT_NOFILE))",
    "limits_of_parent": "import os, resource\nprove(resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE))",
    "session_of_other": "import os\nprove(os.getsid(W['victim']))",
    "group_of_parent": "import os\nprove(os.getpgid(os.getppid()))",
    "own_session": "import os\nif os.getsid(0) != os.getpid(): prove(os.setsid())",
    "compare_processes": call(312, "os.getppid()", "os.getppid()", 0, 0, 0),
    "performance_counters": LIBC
    + (
        "a = ctypes.create_string_buffer(struct.pack('IIQ', 1, 128, 0), 128)\nassert libc.syscall(298, a, 0, -1, -1, 0) >= 0\nprove()"
    ),
    "shared_memory_segment": LIBC + "assert libc.shmget(W['shm_key'], 0, 0) >= 0\nprove()",
    "new_segment": LIBC + "i = libc.shmget(0, 4096, 0o1600)\nassert i >= 0\nlibc.shmctl(i, 0, None)\nprove()",
    "message_queue": LIBC + "i = libc.msgget(0, 0o1600)\nassert i >= 0\nlibc.msgctl(i, 0, None)\nprove()",
    "semaphores": LIBC + "i = libc.semget(0, 1, 0o1600)\nassert i >= 0\nlibc.semctl(i, 0, 0)\nprove()",
    "named_semaphore": "import multiprocessing as m\nprove(m.Semaphore(1))",
}

KERNEL = {
    "unshare_user": call(272, 0x10000000),
    "unshare_mounts": call(272, 0x20000),
    "unshare_network": call(272, 0x40000000),
    "join_namespace": LIBC + "assert libc.setns(os.open(f\"/proc/{W['pid']}/ns/net\", 0), 0) == 0\nprove()",
    "mount": LIBC + "assert libc.mount(b'x', b'.', b'tmpfs', 0, None) == 0\nlibc.umount(b'.')\nprove()",
    "bind_mount": LIBC
    + "os.mkdir('m')\nassert libc.mount(W['dir'].encode(), b'm', None, 4096, None) == 0\nlibc.umount(b'm')\nprove()",
    "open_tree": call(428, -100, "b'/'", 0x1),
    "fsopen": call(430, "b'tmpfs'", 0),
    "unmount": LIBC + "os.mkdir('m')\nr = libc.umount2(b'm', 2)\nassert ctypes.get_errno() == 22\nprove()",
    "chroot": "import os\nos.mkdir('m')\np = os.open('/', 0)\nos.chroot('m')\nos.fchdir(p)\nos.chroot('.')\nprove()",
    "pivot_root": LIBC + "libc.syscall(155, b'.', b'.')\nassert ctypes.get_errno() in (22, 16)\nprove()",
    "bpf": LIBC
    + "a = ctypes.create_string_buffer(struct.pack('4I', 2, 4, 4, 1), 128)\nassert libc.syscall(321, 0, a, 72) >= 0\nprove()",
    "io_uring": LIBC + "assert libc.syscall(425, 4, ctypes.create_string_buffer(120)) >= 0\nprove()",
    "user_fault": call(323, 1),
    "keyring": call(248, "b'user'", "b'seig'", "b'x'", 1, -2),
    "read_keyring": call(250, 0, -3, 0),
    "personality": call(135, 0xFFFFFFFF),
    "kernel_log": call(103, 10, 0, 0),
    "host_name": "import socket\nsocket.sethostname(socket.gethostname())\nprove()",
    "descriptor_tables": call(154, 0, "ctypes.create_string_buffer(16)", 16),
    "become_other": "import os\nos.setresuid(-1, 4321, -1)\nos.setresuid(-1, 0, -1)\nprove()",
    "groups": "import os\nos.setgroups(os.getgroups())\nprove()",
    "capabilities": LIBC
    + (
        "h = ctypes.create_string_buffer(struct.pack('Ii', 0x20080522, 0), 8)\nd = ctypes.create_string_buffer(24)\n"
        "assert libc.capget(h, d) == 0 and any(d.raw)\nprove()"
    ),
    "raise_limit": "import resource\nresource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))\nprove()",
    "higher_priority": "import os\nos.nice(0)\nos.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))\nprove()",
    "real_time": "import os\nos.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))\nprove()",
    "lock_memory": LIBC + "assert libc.mlockall(2) == 0\nlibc.munlockall()\nprove()",
    "memory_file": "import os\nprove(os.memfd_create('x'))",
    "secret_memory": call(447, 0),
    "watch_files": call(300, 0, 0),
    "undo_no_new_privileges": LIBC + "assert libc.prctl(38, 1, 0, 0, 0) == 0\nprove()",
    "trace_permission": LIBC
    + "assert libc.prctl(0x59616d61, -1, 0, 0, 0) == 0 or libc.prctl(4, 1, 0, 0, 0) == 0\nprove()",
    "second_filter": LIBC
    + "prove(libc.prctl(21, 0, 0, 0, 0) == 0 and libc.syscall(317, 2, 0, b'\\0\\0\\xff\\x7f') == 0 or 1 / 0)",
    "fifo": "import os\nos.mkfifo('f')\nprove()",
    "node": "import os, stat\nos.mknod('n', stat.S_IFSOCK | 0o600)\nprove()",
    "symlink": "import os\nos.symlink('/', 's')\nprove()",
    "leases": "import fcntl\nf = open('x', 'w')\nfcntl.fcntl(f, fcntl.F_SETOWN, __import__('os').getpid())\nprove()",
    "old_system_calls": LIBC
    + (
        "import mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(bytes.fromhex('b814000000cd80c3'))\n"
        "f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))\nprove(f())"
    ),
    "library_from_scratch": (
        "import ctypes, shutil\nshutil.copyfile(W['libm'], 'lib.so')\nimport os\nprove(ctypes.CDLL(os.path.abspath('lib.so')).cos)"
    ),
}
