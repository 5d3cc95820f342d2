#include "server/compile/compile_pool.h"

#include <sys/eventfd.h>

namespace tinyrig::server {

CompilePool::CompilePool(Builder& builder, int thread_count, OnDone on_done)
    : builder_(builder),
      on_done_(std::move(on_done)),
      thread_count_(static_cast<size_t>(thread_count)) {
  for (size_t i = 0; i < thread_count_; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

CompilePool::~CompilePool() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [job_id, fd] : running_) {
      ::eventfd_write(fd->get(), 1);
    }
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

bool CompilePool::HasRoom() {
  const std::lock_guard lock(mutex_);
  return running_.size() < thread_count_;
}

bool CompilePool::Start(int64_t job_id, CompileRequest request) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || running_.size() >= thread_count_) {
      return false;
    }
    auto fd = std::make_shared<base::UniqueFd>(::eventfd(0, EFD_CLOEXEC));
    request.cancel_fd = fd->get();
    running_[job_id] = std::move(fd);
    waiting_.push_back({job_id, std::move(request)});
  }
  wake_.notify_one();
  return true;
}

void CompilePool::Cancel(int64_t job_id) {
  const std::lock_guard lock(mutex_);
  if (const auto it = running_.find(job_id); it != running_.end()) {
    ::eventfd_write(it->second->get(), 1);
  }
}

void CompilePool::Work() {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
      if (stopped_) {
        return;
      }
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    CompileResult result = builder_.Compile(task.request);
    {
      const std::lock_guard lock(mutex_);
      running_.erase(task.job_id);
    }
    on_done_(task.job_id, std::move(result));
  }
}

}  // namespace tinyrig::server
