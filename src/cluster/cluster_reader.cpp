#include "cluster/cluster_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <memory>
#include <set>
#include <string_view>

#include "cluster/api_status.h"
#include "cluster/discovery_reader.h"
#include "cluster/names_of_list.h"

namespace oidc_audit::cluster {

namespace {

std::string path_of(const ListKind& kind, const std::string& namespace_name) {
  std::string path = kind.group.empty() ? "/api/" : "/apis/" + kind.group + "/";
  path += kind.version + "/";
  if (!namespace_name.empty()) path += "namespaces/" + query_part(namespace_name) + "/";
  return path + kind.resource;
}

/// One list, over all namespaces or in one.
struct ListTask {
  ListKind kind;
  std::string namespace_name;
  std::vector<ListPage> pages;
  std::set<std::string> tokens;  // seen, so that a server cannot lead in a circle
  int attempt = 0;               // 0: pages; 1: pages once more; 2: all at once
  bool done = false;
  std::optional<Gap> gap;
  std::optional<Error> error;  // no answer came
};

class ClusterReader {
 public:
  ClusterReader(ApiClient& client, const ReadPlan& plan) : client_(client), plan_(plan) {}

  Result<ClusterDump> read() {
    ask_version();
    if (plan_.discovery) discovery_.start(client_, plan_.max_discovery_bytes);
    if (plan_.aws_auth != AwsAuth::no) aws_auth_.start(client_);
    std::vector<ListTask*> lists;
    for (const ListKind& kind : plan_.kinds) lists.push_back(&add(kind, {}));
    client_.run();
    if (client_.failure()) return *client_.failure();
    if (const auto error = common_error(lists)) return *error;
    std::vector<Part> parts;
    for (ListTask* list : lists) parts.push_back({list, {}});
    RETURN_IF_ERROR(read_by_namespace(parts));
    ClusterDump dump;
    dump.server_version = std::move(version_);
    dump.discovery = std::move(discovery_.texts());
    for (Part& part : parts) take(part, dump);
    aws_auth_.finish(plan_.aws_auth, dump);
    dump.warnings = client_.warnings();
    for (const std::string& text : discovery_.failures()) dump.warnings.push_back(text);
    return dump;
  }

 private:
  /// A list over all namespaces, and what stood in for it when it was forbidden.
  struct Part {
    ListTask* whole;
    std::vector<ListTask*> single;
  };

  ListTask& add(const ListKind& kind, const std::string& namespace_name) {
    tasks_.emplace_back();
    ListTask& task = tasks_.back();
    task.kind = kind;
    task.namespace_name = namespace_name;
    ++progress_.lists;
    ask(task, {});
    return task;
  }

  void ask_version() {
    ApiRequest request;
    request.path = "/version";
    client_.send(std::move(request), [this](Result<ApiAnswer> answer) {
      if (answer.ok() && answer.value().status == 200) version_ = read_git_version(answer.value().body);
    });
  }

  void ask(ListTask& task, const std::string& token) {
    ApiRequest request;
    request.path = path_of(task.kind, task.namespace_name);
    if (task.attempt < 2 && plan_.page_size != 0)
      request.query.emplace_back("limit", std::to_string(plan_.page_size));
    if (!token.empty()) request.query.emplace_back("continue", token);
    request.max_body_bytes = std::min(
        plan_.max_page_bytes, plan_.max_total_bytes - std::min(plan_.max_total_bytes - 1, progress_.bytes));
    client_.send(std::move(request),
                 [this, &task](Result<ApiAnswer> answer) { take_answer(task, std::move(answer)); });
  }

  void take_answer(ListTask& task, Result<ApiAnswer> answer) {
    if (!answer.ok()) {
      task.error = answer.error();
      return end(task, GapReason::failed, answer.error().message());
    }
    ApiAnswer& got = answer.value();
    if (got.status == 410) return begin_again(task, got);
    if (got.status == 403) return end(task, GapReason::forbidden, refusal_text(got));
    if (got.status == 404) return end(task, GapReason::not_served, refusal_text(got));
    if (got.status != 200) return end(task, GapReason::failed, refusal_text(got));
    const auto head = read_list_head(got.body);
    if (!head || (!head->kind.empty() && head->kind != task.kind.list_kind))
      return end(task, GapReason::failed, fmt::format("the server's answer is no {}", task.kind.list_kind));
    ++progress_.pages;
    progress_.bytes += got.body.size();
    task.pages.push_back({task.kind.resource, task.namespace_name, std::move(got.body)});
    tell();
    if (head->next.empty()) return finish(task);
    if (!task.tokens.insert(head->next).second)
      return end(task, GapReason::failed, "the server gives the same page twice: its list has no end");
    if (progress_.bytes >= plan_.max_total_bytes)
      return end(task, GapReason::failed,
                 fmt::format("the lists are larger than {} bytes", plan_.max_total_bytes));
    ask(task, head->next);
  }

  void begin_again(ListTask& task, const ApiAnswer& answer) {
    if (++task.attempt > 2) return end(task, GapReason::failed, refusal_text(answer));
    for (const ListPage& page : task.pages) progress_.bytes -= page.text.size();
    task.pages.clear();
    task.tokens.clear();
    ask(task, {});
  }

  void end(ListTask& task, GapReason reason, std::string message) {
    task.gap = Gap{task.kind.resource, reason, std::move(message), {}, {}};
    finish(task);
  }

  void finish(ListTask& task) {
    task.done = true;
    ++progress_.lists_done;
    tell();
  }

  void tell() const {
    if (plan_.progress) plan_.progress(progress_);
  }

  /// The error of all lists, when none got an answer: then it is the cluster that cannot be read.
  static std::optional<Error> common_error(const std::vector<ListTask*>& lists) {
    std::optional<Error> first;
    for (const ListTask* list : lists) {
      if (!list->error || !list->pages.empty()) return std::nullopt;
      if (!first) first = list->error;
    }
    return first;
  }

  static bool is_forbidden(const ListTask& task) {
    return task.gap && task.gap->reason == GapReason::forbidden;
  }

  Result<void> read_by_namespace(std::vector<Part>& parts) {
    std::vector<Part*> forbidden;
    for (Part& part : parts) {
      if (part.whole->kind.namespaced && is_forbidden(*part.whole)) forbidden.push_back(&part);
    }
    if (forbidden.empty()) return {};
    ASSIGN_OR_RETURN(const std::vector<std::string> names, namespaces(parts));
    for (Part* part : forbidden) {
      for (const std::string& name : names) part->single.push_back(&add(part->whole->kind, name));
    }
    client_.run();
    if (client_.failure()) return *client_.failure();
    return {};
  }

  /// Where to look for what may not be listed everywhere; sets `all_namespaces_`.
  Result<std::vector<std::string>> namespaces(const std::vector<Part>& parts) {
    if (!plan_.asked_namespace.empty()) return std::vector<std::string>{plan_.asked_namespace};
    const ListTask* list = nullptr;
    for (const Part& part : parts) {
      if (part.whole->kind.resource == "namespaces") list = part.whole;
    }
    if (list == nullptr) {
      list = &add({"", "v1", "namespaces", "NamespaceList", false}, {});
      client_.run();
      if (client_.failure()) return *client_.failure();
    }
    if (!list->gap) {
      std::vector<std::string> names;
      for (const ListPage& page : list->pages) {
        for (std::string& name : names_of_list(page.text)) names.push_back(std::move(name));
      }
      all_namespaces_ = true;
      return names;
    }
    return std::vector<std::string>{plan_.context_namespace.empty() ? "default" : plan_.context_namespace};
  }

  void take(Part& part, ClusterDump& dump) const {
    for (ListPage& page : part.whole->pages) dump.pages.push_back(std::move(page));
    if (!part.whole->gap) return;
    if (part.single.empty()) {
      dump.gaps.push_back(*part.whole->gap);
      return;
    }
    Gap gap = *part.whole->gap;
    for (ListTask* single : part.single) {
      for (ListPage& page : single->pages) dump.pages.push_back(std::move(page));
      if (single->gap) {
        if (gap.namespaces.empty()) gap.message = single->gap->message;
        gap.namespaces.push_back(single->namespace_name);
      } else {
        gap.read_namespaces.push_back(single->namespace_name);
      }
    }
    if (all_namespaces_ && gap.namespaces.empty()) return;
    // Nothing at all could be read: then it is missing everywhere.
    if (gap.read_namespaces.empty() || !all_namespaces_) gap.namespaces.clear();
    dump.gaps.push_back(std::move(gap));
  }

  ApiClient& client_;
  const ReadPlan& plan_;
  std::list<ListTask> tasks_;
  DiscoveryReader discovery_;
  AwsAuthReader aws_auth_;
  ReadProgress progress_;
  std::string version_;
  bool all_namespaces_ = false;
};

}  // namespace

Result<ClusterDump> read_cluster(ApiClient& client, const ReadPlan& plan) {
  return ClusterReader(client, plan).read();
}

std::vector<ListKind> rbac_kinds() {
  const std::string group = "rbac.authorization.k8s.io";
  return {{group, "v1", "clusterroles", "ClusterRoleList", false},
          {group, "v1", "roles", "RoleList", true},
          {group, "v1", "clusterrolebindings", "ClusterRoleBindingList", false},
          {group, "v1", "rolebindings", "RoleBindingList", true}};
}

std::vector<ListKind> audited_kinds() {
  std::vector<ListKind> kinds = rbac_kinds();
  kinds.push_back({"", "v1", "serviceaccounts", "ServiceAccountList", true});
  kinds.push_back({"", "v1", "namespaces", "NamespaceList", false});
  return kinds;
}

std::string to_string(GapReason reason) {
  switch (reason) {
    case GapReason::forbidden:
      return "forbidden";
    case GapReason::not_served:
      return "not-served";
    case GapReason::failed:
      break;
  }
  return "failed";
}

}  // namespace oidc_audit::cluster
