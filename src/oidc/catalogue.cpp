#include "oidc/catalogue.h"

#include <algorithm>
#include <array>

#include "base/embedded.h"
#include "base/files.h"
#include "document/reader.h"
#include "oidc/catalogue_impl.h"
#include "source/source_manager.h"

namespace oidc_audit::embedded {
std::span<const File> provider_files();
}

namespace oidc_audit::oidc {

namespace {

constexpr std::size_t kMaxProviderFile = 1U << 20U;

/// The one document of a provider file. The sources must outlive what is returned.
Result<document::Stream> read_one(SourceManager& sources, const std::string& name, std::string text) {
  const bool json = !text.empty() && text.front() == '{';
  ASSIGN_OR_RETURN(const BufferId buffer, sources.add(name, std::move(text)));
  document::ReadOptions options;
  options.format = json ? document::Format::json : document::Format::yaml;
  options.comments = false;
  document::Stream stream = document::read_documents(sources, buffer, options);
  for (const Issue& issue : stream.issues) {
    std::string place = name;
    if (issue.location.range) {
      const LineColumn at = sources.start(*issue.location.range);
      place += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    }
    return Error(ErrorKind::configuration, issue.message, issue.hint).with_context(place);
  }
  if (stream.documents.size() != 1)
    return Error(ErrorKind::configuration, "`" + name + "` does not hold exactly one document");
  return stream;
}

Result<Provider> compile_text(const std::string& name, std::string text) {
  SourceManager sources;
  ASSIGN_OR_RETURN(const document::Stream stream, read_one(sources, name, std::move(text)));
  auto provider = compile_provider(stream.documents.front().root);
  if (!provider.ok()) return std::move(provider).error().with_context(name);
  return provider;
}

void put(Catalogue::Impl& impl, Provider provider, std::string text) {
  const auto it = std::lower_bound(impl.providers.begin(), impl.providers.end(), provider.id,
                                   [](const Provider& a, const std::string& id) { return a.id < id; });
  const auto at = it - impl.providers.begin();
  if (it != impl.providers.end() && it->id == provider.id) {
    *it = std::move(provider);
    impl.texts[static_cast<std::size_t>(at)].second = std::move(text);
  } else {
    impl.texts.emplace(impl.texts.begin() + at, provider.id, std::move(text));
    impl.providers.insert(it, std::move(provider));
  }
}

}  // namespace

std::string_view to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::documented:
      return "documented";
    case Evidence::provider_source:
      return "provider-source";
    case Evidence::third_party:
      return "third-party";
    case Evidence::derived:
      return "derived";
  }
  return {};
}

Catalogue::Catalogue() : impl_(std::make_unique<Impl>()) {}
Catalogue::~Catalogue() = default;
Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;

const Catalogue& Catalogue::builtin() {
  static const Catalogue* const kBuiltin = [] {
    auto made = std::make_unique<Catalogue>();
    for (const embedded::File& file : embedded::provider_files()) {
      // The build's tests compile every file: an error here is a mistake of ours.
      auto provider = compile_text(std::string(file.path), std::string(file.json));
      assert(provider.ok());
      if (provider.ok()) put(*made->impl_, std::move(provider).value(), std::string(file.json));
    }
    made->impl_->build_index();
    return made.release();
  }();
  return *kBuiltin;
}

Result<Catalogue> Catalogue::with_directory(const Files& files, const std::string& directory) {
  Catalogue made;
  made.impl_->providers = builtin().impl_->providers;
  made.impl_->texts = builtin().impl_->texts;
  ASSIGN_OR_RETURN(const std::vector<DirEntry> entries, files.list(directory));
  for (const DirEntry& entry : entries) {
    if (entry.type != FileType::file || !(entry.name.ends_with(".yaml") || entry.name.ends_with(".yml")))
      continue;
    const std::string path = directory + "/" + entry.name;
    ASSIGN_OR_RETURN(std::string text, files.read(path, kMaxProviderFile));
    ASSIGN_OR_RETURN(Provider provider, compile_text(path, text));
    put(*made.impl_, std::move(provider), std::move(text));
  }
  made.impl_->build_index();
  return made;
}

Result<Catalogue> Catalogue::from_texts(std::span<const std::pair<std::string, std::string>> named_texts) {
  Catalogue made;
  for (const auto& [name, text] : named_texts) {
    ASSIGN_OR_RETURN(Provider provider, compile_text(name, text));
    put(*made.impl_, std::move(provider), text);
  }
  made.impl_->build_index();
  return made;
}

std::span<const Provider> Catalogue::providers() const noexcept { return impl_->providers; }

const Provider* Catalogue::find(std::string_view id) const noexcept {
  const auto it = std::lower_bound(impl_->providers.begin(), impl_->providers.end(), id,
                                   [](const Provider& a, std::string_view b) { return a.id < b; });
  return it != impl_->providers.end() && it->id == id ? &*it : nullptr;
}

Result<ProviderDocs> Catalogue::docs(std::string_view id) const {
  const Provider* const provider = find(id);
  if (provider == nullptr) return Error(ErrorKind::usage, "there is no provider `" + std::string(id) + "`");
  const auto& text = impl_->texts[static_cast<std::size_t>(provider - impl_->providers.data())];
  SourceManager sources;
  ASSIGN_OR_RETURN(const document::Stream stream, read_one(sources, text.first, text.second));
  return read_provider_docs(stream.documents.front().root);
}

ParsedName Catalogue::parse(std::string_view name, const ParseOptions& options) const {
  ParsedName parsed;
  parsed.name = name;
  parsed.rest = name;
  parsed.issuer = options.issuer;
  split_prefix(*impl_, options, parsed);
  return parsed;
}

Catalogue::IssuerMatch Catalogue::find_issuer(std::string_view url) const {
  const Impl::IssuerHits hits = impl_->issuers_of(url);
  if (hits->empty()) return {};
  const Impl::IssuerRef ref = hits->front().ref;
  return {&impl_->providers[ref.provider], &impl_->providers[ref.provider].issuers[ref.issuer]};
}

std::span<const std::string> Catalogue::known_issuer_hosts() const noexcept { return impl_->hosts; }

std::string_view url_host(std::string_view url) noexcept {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

void Catalogue::Impl::build_index() {
  for (auto& bucket : by_first_byte) bucket.clear();
  for (auto& bucket : near_by_first_byte) bucket.clear();
  unanchored.clear();
  issuers_by_host.clear();
  other_issuers.clear();
  open_issuers.clear();
  hosts.clear();
  for (std::uint32_t p = 0; p < providers.size(); ++p) {
    const Provider::Compiled& provider = compiled(p);
    for (std::uint32_t r = 0; r < provider.subjects.size(); ++r) {
      const SubjectRule& rule = provider.subjects[r];
      const Grammar& grammar = rule.grammar;
      if (grammar.starts().empty()) {
        unanchored.push_back(
            {{p, r, {}}, &grammar, rule.for_users, rule.for_groups, rule.needs_issuer, rule.shape});
      }
      for (const std::string& start : grammar.starts())
        by_first_byte[static_cast<unsigned char>(start.front())].push_back({p, r, start});
      if (rule.shape || rule.dex || grammar.starts().empty()) continue;
      for (std::size_t byte = 0; byte < near_by_first_byte.size(); ++byte) {
        if (grammar.may_come_near(static_cast<char>(byte))) near_by_first_byte[byte].push_back({p, r, {}});
      }
    }
    for (std::uint32_t i = 0; i < provider.issuers.size(); ++i) {
      const IssuerRule& rule = provider.issuers[i];
      if (rule.proof == IssuerProof::open) {
        open_issuers.push_back({p, i});
        continue;
      }
      const Sequence& elements = rule.grammar.elements();
      const std::string& first = elements.front().text;
      // The host is literal when the literal goes beyond it or is everything.
      const std::string_view host = url_host(first);
      const bool literal =
          elements.front().kind == Element::Kind::literal && !host.empty() &&
          (elements.size() == 1 || first.size() > std::string_view("https://").size() + host.size() ||
           elements[1].kind == Element::Kind::optional);
      if (!literal) {
        other_issuers.push_back({p, i});
        continue;
      }
      issuers_by_host[host].push_back({p, i});
      if (rule.proof == IssuerProof::certain) hosts.emplace_back(host);
    }
  }
  std::sort(hosts.begin(), hosts.end());
  hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
}

Catalogue::Impl::IssuerHits Catalogue::Impl::issuers_of(std::string_view url) const {
  constexpr std::size_t kMost = 1000;  // hostile input has as many issuers as names
  const std::lock_guard<std::mutex> guard(issuers_lock);
  if (const auto it = issuers_seen.find(url); it != issuers_seen.end()) return it->second;
  auto hits = std::make_shared<const std::vector<IssuerHit>>(find_issuers(url));
  if (issuers_seen.size() == kMost) issuers_seen.clear();
  issuers_seen.emplace(url, hits);
  return hits;
}

std::vector<Catalogue::Impl::IssuerHit> Catalogue::Impl::find_issuers(std::string_view url) const {
  std::vector<IssuerHit> hits;
  if (url.size() > kMaxParsedBytes || !url.starts_with("https://")) return hits;
  std::vector<Capture> captures;
  const auto consider = [&](IssuerRef ref) {
    for (const IssuerHit& hit : hits) {
      if (hit.ref.provider == ref.provider) return;  // the first entry that matches counts
    }
    const IssuerRule& rule = compiled(ref.provider).issuers[ref.issuer];
    if (rule.grammar.match(url, captures)) hits.push_back({ref, rule.proof, captures});
  };
  if (const auto it = issuers_by_host.find(url_host(url)); it != issuers_by_host.end())
    for (const IssuerRef ref : it->second) consider(ref);
  for (const IssuerRef ref : other_issuers) consider(ref);
  const bool certain = std::any_of(hits.begin(), hits.end(),
                                   [](const IssuerHit& hit) { return hit.proof == IssuerProof::certain; });
  if (certain) std::erase_if(hits, [](const IssuerHit& hit) { return hit.proof != IssuerProof::certain; });
  return hits;
}

}  // namespace oidc_audit::oidc
