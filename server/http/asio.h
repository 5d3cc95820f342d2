// Boost.Asio and Beast by short names; <utility> first, Asio 1.74 forgot it.
#pragma once

#include <functional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace tinyrig::server {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Tcp = boost::asio::ip::tcp;

/// An awaitable that gives its error code instead of throwing it.
inline auto Into(beast::error_code& error) {
  return net::redirect_error(net::use_awaitable, error);
}

// GCC 12 copies temporaries of a co_await expression bit by bit when they have
// no move of their own call (lambdas with captures, aggregates): name them
// first and move them in.

template <typename Result>
net::awaitable<Result> Called(std::function<Result()> call) {
  co_return call();
}

/// Runs `call` on the pool; the caller goes on on its own thread.
template <typename Result>
net::awaitable<Result> OnPool(net::thread_pool& pool,
                              std::function<Result()> call) {
  net::awaitable<Result> called = Called<Result>(std::move(call));
  Result result =
      co_await net::co_spawn(pool, std::move(called), net::use_awaitable);
  co_return result;
}

}  // namespace tinyrig::server
