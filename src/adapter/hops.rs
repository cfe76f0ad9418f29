//! The requests of one call that connects: the first one, and those for redirects.

use super::{ConnectOptions, Error};
use crate::client::{Redirects, Request, Response};
use alloc::boxed::Box;

/// Makes the requests, calls the hooks, and follows redirects.
pub(super) struct Hops<'a> {
    options: &'a ConnectOptions,
    redirects: Redirects,
    /// The next request, before the hook has changed it.
    request: Request,
    /// The host and the port of the first request.
    #[cfg(feature = "rustls")]
    first: (alloc::string::String, u16),
}

impl<'a> Hops<'a> {
    pub(super) fn new(request: Request, options: &'a ConnectOptions) -> Self {
        Self {
            options,
            redirects: Redirects::new(options.redirects),
            #[cfg(feature = "rustls")]
            first: (request.host().into(), request.port()),
            request,
        }
    }

    /// Returns the next request to make.
    pub(super) fn next_request(&self) -> Result<Request, Error> {
        Ok(self.options.call_before(self.request.clone())?)
    }

    /// Returns the name for which the certificate of the server must be valid.
    #[cfg(feature = "rustls")]
    pub(super) fn server_name<'b>(&'b self, request: &'b Request) -> &'b str {
        let is_first = self.first.0.eq_ignore_ascii_case(request.host()) && self.first.1 == request.port();
        self.options.server_name.as_deref().filter(|_| is_first).unwrap_or(request.host())
    }

    /// Takes the outcome of `request`. Returns the result of the call, or `None` if there is another request to make.
    pub(super) fn advance<T>(
        &mut self,
        request: &Request,
        opened: Result<(T, Response), Error>,
    ) -> Option<Result<(T, Response), Error>> {
        match &opened {
            Ok((_, response)) => self.options.call_after(request, response),
            Err(Error::Handshake { response: Some(response), .. }) => {
                self.options.call_after(request, response);
                match self.redirects.follow(&self.request, response) {
                    Ok(Some(next)) => {
                        self.request = next;
                        return None;
                    }
                    Ok(None) => {}
                    Err(error) => return Some(Err(Error::Redirect(Box::new(error)))),
                }
            }
            Err(_) => {}
        }
        Some(opened)
    }
}
