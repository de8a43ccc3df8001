// libcurl's functions as this program uses them, each passing its call on to the library, which is loaded at
// the first of them. The rest of cluster/ includes curl.h and calls them as ever; what is not linked is the
// library with the thirty others that it needs, whose loading takes longer than a scan that reads no cluster.

#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

#include <cstdarg>

#include "base/shared_library.h"

// The header makes macros of them.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

namespace {

const oidc_audit::SharedLibrary& library() {
  static const oidc_audit::SharedLibrary kLibrary({"libcurl.so.4", "libcurl.4.dylib", "libcurl.dylib"});
  return kLibrary;
}

template <typename Function>
Function* find(const char* name) {
  return reinterpret_cast<Function*>(library().symbol(name));
}

}  // namespace

// libcurl's own signatures end in an enumeration before `...`; one as wide as int is passed unchanged.
static_assert(sizeof(CURLoption) == sizeof(int) && sizeof(CURLINFO) == sizeof(int) &&
              sizeof(CURLMoption) == sizeof(int));
#pragma GCC diagnostic ignored "-Wvarargs"

extern "C" {

CURLcode curl_global_init(long flags) {
  static auto* const real = find<CURLcode(long)>("curl_global_init");
  return real == nullptr ? CURLE_FAILED_INIT : real(flags);
}

CURL* curl_easy_init() {
  static auto* const real = find<CURL*()>("curl_easy_init");
  return real == nullptr ? nullptr : real();
}

// A value is a long, a curl_off_t or a pointer: each as wide as a pointer on the systems that are supported.
static_assert(sizeof(long) == sizeof(void*) && sizeof(curl_off_t) == sizeof(void*));

CURLcode curl_easy_setopt(CURL* handle, CURLoption option, ...) {
  static auto* const real = find<CURLcode(CURL*, CURLoption, ...)>("curl_easy_setopt");
  if (real == nullptr) return CURLE_FAILED_INIT;
  std::va_list values;
  va_start(values, option);
  void* const value = va_arg(values, void*);
  va_end(values);
  return real(handle, option, value);
}

CURLcode curl_easy_getinfo(CURL* handle, CURLINFO info, ...) {
  static auto* const real = find<CURLcode(CURL*, CURLINFO, ...)>("curl_easy_getinfo");
  if (real == nullptr) return CURLE_FAILED_INIT;
  std::va_list values;
  va_start(values, info);
  void* const value = va_arg(values, void*);
  va_end(values);
  return real(handle, info, value);
}

CURLcode curl_easy_perform(CURL* handle) {
  static auto* const real = find<CURLcode(CURL*)>("curl_easy_perform");
  return real == nullptr ? CURLE_FAILED_INIT : real(handle);
}

void curl_easy_cleanup(CURL* handle) {
  static auto* const real = find<void(CURL*)>("curl_easy_cleanup");
  if (real != nullptr) real(handle);
}

const char* curl_easy_strerror(CURLcode code) {
  static auto* const real = find<const char*(CURLcode)>("curl_easy_strerror");
  return real == nullptr ? "libcurl is not installed" : real(code);
}

curl_slist* curl_slist_append(curl_slist* list, const char* text) {
  static auto* const real = find<curl_slist*(curl_slist*, const char*)>("curl_slist_append");
  return real == nullptr ? nullptr : real(list, text);
}

void curl_slist_free_all(curl_slist* list) {
  static auto* const real = find<void(curl_slist*)>("curl_slist_free_all");
  if (real != nullptr) real(list);
}

CURLM* curl_multi_init() {
  static auto* const real = find<CURLM*()>("curl_multi_init");
  return real == nullptr ? nullptr : real();
}

CURLMcode curl_multi_setopt(CURLM* multi, CURLMoption option, ...) {
  static auto* const real = find<CURLMcode(CURLM*, CURLMoption, ...)>("curl_multi_setopt");
  if (real == nullptr) return CURLM_INTERNAL_ERROR;
  std::va_list values;
  va_start(values, option);
  void* const value = va_arg(values, void*);
  va_end(values);
  return real(multi, option, value);
}

CURLMcode curl_multi_add_handle(CURLM* multi, CURL* handle) {
  static auto* const real = find<CURLMcode(CURLM*, CURL*)>("curl_multi_add_handle");
  return real == nullptr ? CURLM_INTERNAL_ERROR : real(multi, handle);
}

CURLMcode curl_multi_remove_handle(CURLM* multi, CURL* handle) {
  static auto* const real = find<CURLMcode(CURLM*, CURL*)>("curl_multi_remove_handle");
  return real == nullptr ? CURLM_INTERNAL_ERROR : real(multi, handle);
}

CURLMcode curl_multi_perform(CURLM* multi, int* running) {
  static auto* const real = find<CURLMcode(CURLM*, int*)>("curl_multi_perform");
  return real == nullptr ? CURLM_INTERNAL_ERROR : real(multi, running);
}

CURLMcode curl_multi_poll(CURLM* multi, curl_waitfd* extra, unsigned int extra_count, int timeout_ms,
                          int* ready) {
  static auto* const real = find<CURLMcode(CURLM*, curl_waitfd*, unsigned int, int, int*)>("curl_multi_poll");
  return real == nullptr ? CURLM_INTERNAL_ERROR : real(multi, extra, extra_count, timeout_ms, ready);
}

CURLMsg* curl_multi_info_read(CURLM* multi, int* left) {
  static auto* const real = find<CURLMsg*(CURLM*, int*)>("curl_multi_info_read");
  return real == nullptr ? nullptr : real(multi, left);
}

CURLMcode curl_multi_cleanup(CURLM* multi) {
  static auto* const real = find<CURLMcode(CURLM*)>("curl_multi_cleanup");
  return real == nullptr ? CURLM_INTERNAL_ERROR : real(multi);
}

}  // extern "C"
