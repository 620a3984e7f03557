//! A blocking client on one connection. It sends any bytes it is given.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::http::{Answer, Request};

/// Far longer than an answer takes. Ends a test that would otherwise hang.
const PATIENCE: Duration = Duration::from_secs(120);

/// A keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    host: String,
    /// Bytes that were read after the last answer.
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        // Only the server's packets are under test.
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            host: address.to_string(),
            buffer: Vec::new(),
        })
    }

    /// Sends a request and reads its answer. Skips interim answers.
    ///
    /// # Errors
    /// If no whole answer comes.
    pub fn send(&mut self, request: &Request) -> Result<Answer> {
        self.write(&request.encode(&self.host))?;
        loop {
            let answer = self.read(request.method == "HEAD")?;
            if answer.status >= 200 {
                return Ok(answer);
            }
        }
    }

    /// Sends bytes. A server may answer early and close the connection before it has read everything. That is no
    /// error here: the answer can still be read.
    ///
    /// # Errors
    /// If the connection fails in another way.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self.stream.write_all(bytes) {
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
                ) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// Closes the sending half.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn finish(&mut self) -> Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Reads one answer. Interim answers (1xx) count.
    ///
    /// # Errors
    /// If no whole answer comes.
    pub fn read(&mut self, without_body: bool) -> Result<Answer> {
        let mut reads = 0;
        let (mut answer, head_length) = loop {
            if let Some(parsed) = parse_head(&self.buffer)? {
                break parsed;
            }
            self.read_more()?;
            reads += 1;
        };
        self.buffer.drain(..head_length);
        if answer
            .headers
            .iter()
            .any(|(name, _)| name == "transfer-encoding")
        {
            return Err(Error::other("an answer without Content-Length"));
        }
        let length = match answer.header("content-length") {
            Some(length) if !without_body => length.parse().map_err(Error::other)?,
            _ => 0,
        };
        while self.buffer.len() < length {
            self.read_more()?;
            reads += 1;
        }
        answer.body = self.buffer.drain(..length).collect();
        answer.at_once = reads <= 1;
        Ok(answer)
    }

    fn read_more(&mut self) -> Result<()> {
        let mut piece = vec![0; 64 * 1024];
        match self.stream.read(&mut piece)? {
            0 => Err(Error::new(
                ErrorKind::UnexpectedEof,
                "the connection was closed",
            )),
            length => {
                self.buffer.extend_from_slice(&piece[..length]);
                Ok(())
            }
        }
    }
}

/// Parses the head of an answer. Returns the answer without its body and the head's length, or nothing if the head
/// isn't whole yet.
fn parse_head(bytes: &[u8]) -> Result<Option<(Answer, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(bytes).map_err(Error::other)? else {
        return Ok(None);
    };
    let mut headers: Vec<_> = head
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), header.value.to_vec()))
        .collect();
    headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    let status = head.code.unwrap_or_default();
    Ok(Some((
        Answer {
            status,
            headers,
            body: Vec::new(),
            at_once: false,
        },
        length,
    )))
}
