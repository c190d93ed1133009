use crate::harness::{Cloud, Machine, code};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

#[test]
fn garbage_on_the_socket_ends_its_own_connection_and_nobody_else_s() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    let frames: [&[u8]; 5] =
        [b"", b"\xff\xff\xff\xff", b"\0\0\0\x02{}", b"\0\0\0\x04nope", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"];
    for frame in frames {
        let mut stream = UnixStream::connect(machine.path("socket")).unwrap();
        stream.write_all(frame).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // The daemon may close before it read everything, which is a reset and as good as an end.
        let _ = stream.read_to_end(&mut answer);
    }
    assert_eq!(code(&machine.run(&["status"])), 3);
}

#[test]
fn without_a_daemon_the_tool_says_so() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    machine.kill();
    assert_eq!(code(&machine.run(&["status"])), 7);
    assert_eq!(code(&machine.run(&["no-such-command"])), 2);
    assert_eq!(code(&machine.run(&["--help"])), 0);
}
