//! How tasks that share a connection poll its driver: each poll registers with the wakers, and wakes those whom it concerns.

use super::{
    driver::Driver,
    wakers::{Goal, METHOD, Tasks, Waiter},
};
use alloc::boxed::Box;
use core::task::{Context, Poll};

impl<S, T> Driver<S, T> {
    /// Polls on behalf of a method of the connection. As long as its `Stream` and its `Sink` are not used, that costs nothing.
    pub(in crate::adapter) fn poll_method<R>(
        &mut self,
        cx: &mut Context<'_>,
        goal: Goal,
        run: impl FnOnce(&mut Self, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        match self.tasks.take() {
            None => run(self, cx),
            Some(tasks) => self.poll_with(tasks, Waiter { slot: METHOD, goal, is_guarded: false }, cx, run),
        }
    }

    /// Polls on behalf of the `Stream` or the `Sink`, which may be polled from two tasks.
    pub(in crate::adapter) fn poll_trait<R>(
        &mut self,
        cx: &Context<'_>,
        slot: usize,
        goal: Goal,
        run: impl FnOnce(&mut Self, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let tasks = self.tasks.take().unwrap_or_else(|| Box::new(Tasks::new(METHOD + 1)));
        self.poll_with(tasks, Waiter { slot, goal, is_guarded: false }, cx, run)
    }

    fn poll_with<R>(
        &mut self,
        tasks: Box<Tasks>,
        waiter: Waiter,
        cx: &Context<'_>,
        run: impl FnOnce(&mut Self, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let before = self.progress();
        let outcome = tasks.poll(waiter, cx, |cx| run(self, cx));
        tasks.finish(waiter, outcome.is_ready(), &before, &self.progress());
        self.tasks = Some(tasks);
        outcome
    }
}
