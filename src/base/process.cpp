#include "base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <thread>

extern char** environ;

namespace oidc_audit {

namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  void set(int value) { value_ = value; }
  void close() {
    if (value_ >= 0) ::close(value_);
    value_ = -1;
  }

 private:
  int value_;
};

/// What posix_spawn wants: a vector of pointers that ends with null.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> out;
  const auto is_changed = [&](std::string_view entry) {
    const std::string_view name = entry.substr(0, entry.find('='));
    return std::any_of(changes.begin(), changes.end(),
                       [&](const auto& change) { return change.first == name; });
  };
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (!is_changed(*entry)) out.emplace_back(*entry);
  }
  for (auto it = changes.begin(); it != changes.end(); ++it) {
    const bool again =
        std::any_of(it + 1, changes.end(), [&](const auto& c) { return c.first == it->first; });
    if (!again) out.push_back(it->first + "=" + it->second);
  }
  return out;
}

/// The attributes of a new process, freed at the end.
class SpawnSetup {
 public:
  SpawnSetup(int output, bool pass_stdin) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    if (!pass_stdin) ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    // Signals that this program ignores are not the other's concern.
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigaddset(&signals, SIGPIPE);
    ::sigaddset(&signals, SIGXFSZ);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_,
                               static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  posix_spawn_file_actions_t* actions() { return &actions_; }
  posix_spawnattr_t* attributes() { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

int left(Clock::time_point deadline) {
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(rest, 0, 60'000));
}

enum class Ending { whole, too_long, too_late };

/// Reads until the other side closes.
Ending read_all(int from, std::size_t limit, Clock::time_point deadline, std::string& out) {
  char buffer[16'384];
  for (;;) {
    pollfd wait{from, POLLIN, 0};
    const int ready = ::poll(&wait, 1, left(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      if (Clock::now() >= deadline) return Ending::too_late;
      continue;
    }
    const ssize_t count = ::read(from, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Ending::whole;
    if (out.size() + static_cast<std::size_t>(count) > limit) return Ending::too_long;
    out.append(buffer, static_cast<std::size_t>(count));
  }
}

int exit_status_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + (WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/// Waits for the end of a process whose output has ended already.
std::optional<int> wait_until(pid_t pid, Clock::time_point deadline) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) return exit_status_of(status);
    if (ended < 0 && errno != EINTR) return 0;
    if (Clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void kill_and_reap(pid_t pid) {
  ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
}

class SystemProcesses final : public Processes {
 public:
  Result<ProcessResult> run(const ProcessRequest& request) override {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failure(request, errno);
    Descriptor reader(ends[0]);
    Descriptor writer(ends[1]);
    std::vector<std::string> words = {request.program};
    words.insert(words.end(), request.args.begin(), request.args.end());
    std::vector<std::string> environment = environment_with(request.environment);
    const std::vector<char*> argv = pointers(words);
    const std::vector<char*> envp = pointers(environment);
    pid_t pid = 0;
    {
      SpawnSetup setup(writer.get(), request.pass_stdin);
      const int code = ::posix_spawnp(&pid, request.program.c_str(), setup.actions(), setup.attributes(),
                                      argv.data(), envp.data());
      if (code == ENOENT) return ProcessResult{false, 0, {}};
      if (code != 0) return failure(request, code);
    }
    writer.close();
    const Clock::time_point deadline = Clock::now() + request.timeout;
    ProcessResult result;
    switch (read_all(reader.get(), request.max_output_bytes, deadline, result.output)) {
      case Ending::too_long:
        kill_and_reap(pid);
        return Error(ErrorKind::limit, fmt::format("`{}` writes more than {} bytes", request.program,
                                                   request.max_output_bytes));
      case Ending::too_late:
        return late(request, pid);
      case Ending::whole:
        break;
    }
    const auto status = wait_until(pid, deadline);
    if (!status) return late(request, pid);
    result.exit_status = *status;
    return result;
  }

 private:
  static Error failure(const ProcessRequest& request, int code) {
    return Error(ErrorKind::unreadable,
                 fmt::format("`{}` cannot be run: {}", request.program, std::strerror(code)));
  }
  static Error late(const ProcessRequest& request, pid_t pid) {
    kill_and_reap(pid);
    return Error(ErrorKind::limit, fmt::format("`{}` did not end within {} s", request.program,
                                               request.timeout.count() / 1000));
  }
};

}  // namespace

std::unique_ptr<Processes> make_system_processes() { return std::make_unique<SystemProcesses>(); }

}  // namespace oidc_audit
