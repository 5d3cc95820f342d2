#include "server/rpc/server.h"

#include <chrono>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/support/server_interceptor.h>

#include "base/address.h"
#include "server/rpc/admin_service.h"
#include "server/rpc/agent_service.h"
#include "server/rpc/lab_service.h"
#include "server/rpc/query_service.h"
#include "server/rpc/transfer_service.h"

namespace tinyrig::server {
namespace {

// The largest message is the record of a run (ImportRecord).
constexpr int kMaxReceivedBytes = 64 << 20;
constexpr int kMaxSentBytes = 64 << 20;
constexpr int kKeepaliveMs = 10'000;

// From the call's start until its status is sent.
class Stopwatch : public grpc::experimental::Interceptor {
 public:
  Stopwatch(std::string method, const RpcServer::Timed& timed)
      : method_(std::move(method)),
        timed_(timed),
        start_(std::chrono::steady_clock::now()) {}
  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_STATUS)) {
      timed_(method_, std::chrono::duration<double>(
                          std::chrono::steady_clock::now() - start_)
                          .count());
    }
    methods->Proceed();
  }

 private:
  std::string method_;
  const RpcServer::Timed& timed_;
  std::chrono::steady_clock::time_point start_;
};

class StopwatchFactory
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit StopwatchFactory(RpcServer::Timed timed)
      : timed_(std::move(timed)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    // "/tinyrig.v1.LabService/GetJob"
    constexpr std::string_view kOurs = "/tinyrig.v1.";
    const std::string_view method = info->method();
    // Names of strangers would fill the metrics.
    return method.starts_with(kOurs)
               ? new Stopwatch(std::string(method.substr(kOurs.size())), timed_)
               : nullptr;
  }

 private:
  RpcServer::Timed timed_;
};

class GrpcServer : public RpcServer {
 public:
  explicit GrpcServer(const RpcHandlers& handlers)
      : lab_(handlers.lab),
        agent_(handlers.agents, handlers.lab, handlers.changes),
        query_(handlers.lab, handlers.queries, handlers.history, handlers.feed),
        admin_(handlers.admin),
        transfer_(handlers.transfer),
        changes_(handlers.changes) {}

  absl::Status Listen(const std::string& listen, const Timed& timed) {
    ASSIGN_OR_RETURN(const base::HostPort wanted, base::ParseHostPort(listen));
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&lab_);
    builder.RegisterService(&agent_);
    builder.RegisterService(&query_);
    builder.RegisterService(&admin_);
    builder.RegisterService(&transfer_);
    std::vector<
        std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
        watchers;
    watchers.push_back(std::make_unique<StopwatchFactory>(timed));
    builder.experimental().SetInterceptorCreators(std::move(watchers));
    builder.SetMaxReceiveMessageSize(kMaxReceivedBytes);
    builder.SetMaxSendMessageSize(kMaxSentBytes);
    // Otherwise a second server would share the port in silence.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    builder.AddChannelArgument(
        GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1000);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return absl::UnavailableError(absl::StrCat(
          "cannot listen on ", listen,
          ": the port is taken or the address is not this machine's; choose "
          "another with --listen HOST:PORT"));
    }
    address_ = absl::StrCat(wanted.host, ":", port);
    return absl::OkStatus();
  }

  [[nodiscard]] std::string address() const override { return address_; }

  void Stop(int grace_ms) override {
    changes_.Stop();
    server_->Shutdown(std::chrono::system_clock::now() +
                      std::chrono::milliseconds(grace_ms));
    server_->Wait();
  }

 private:
  LabServiceSkin lab_;
  AgentServiceSkin agent_;
  QueryServiceSkin query_;
  AdminServiceSkin admin_;
  TransferServiceSkin transfer_;
  ChangeNotifier& changes_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(
    const std::string& listen, const RpcHandlers& handlers,
    const Timed& timed) {
  auto server = std::make_unique<GrpcServer>(handlers);
  RETURN_IF_ERROR(server->Listen(listen, timed));
  return server;
}

}  // namespace tinyrig::server
