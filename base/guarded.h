// A value that can be reached only while its lock is held.
#pragma once

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace tinyrig::base {

/// A T with the mutex that guards it. Lock() is the only way to the T; a
/// function that takes T& thereby says that its caller holds the lock.
///
/// Thread-safe. Not recursive: whoever holds it hands the T& on and does not
/// lock again.
template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  /// The T while it lives; on the stack of one thread.
  class Held {
   public:
    explicit Held(Guarded& guarded)
        : guarded_(guarded), lock_(&guarded.mutex_) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

    T& operator*() const ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return guarded_.value_;  // lock_ lives as long as this
    }
    T* operator->() const { return &**this; }

   private:
    Guarded& guarded_;
    absl::MutexLock lock_;
  };

  [[nodiscard]] Held Lock() { return Held(*this); }

 private:
  absl::Mutex mutex_;
  T value_ ABSL_GUARDED_BY(mutex_){};
};

}  // namespace tinyrig::base
