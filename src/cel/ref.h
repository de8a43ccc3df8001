#pragma once

#include <cstdint>
#include <utility>

namespace oidc_audit::cel {

/// Base of everything that values share. Counts are not atomic: values, and the programs whose
/// constants they may share, belong to one thread at a time.
class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) noexcept {}
  RefCounted& operator=(const RefCounted&) noexcept { return *this; }
  virtual ~RefCounted() = default;

  void retain() const noexcept { ++references_; }
  void release() const noexcept {
    if (--references_ == 0) delete this;
  }

 private:
  mutable std::uint32_t references_ = 0;
};

/// Owning pointer to something reference counted.
template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(T* pointer) noexcept : pointer_(pointer) {
    if (pointer_ != nullptr) pointer_->retain();
  }
  Ref(const Ref& other) noexcept : Ref(other.pointer_) {}
  Ref(Ref&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  template <typename U>
  Ref(const Ref<U>& other) noexcept : Ref(other.get()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(pointer_, other.pointer_);
    return *this;
  }
  ~Ref() {
    if (pointer_ != nullptr) pointer_->release();
  }

  T* get() const noexcept { return pointer_; }
  T* operator->() const noexcept { return pointer_; }
  T& operator*() const noexcept { return *pointer_; }
  explicit operator bool() const noexcept { return pointer_ != nullptr; }

 private:
  T* pointer_ = nullptr;
};

template <typename T, typename... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace oidc_audit::cel
