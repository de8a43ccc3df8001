#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/provider_examples.h"
#include "oidc/catalogue.h"
#include "report/subject_report.h"

namespace oidc_audit::cli {
namespace {

struct ProvidersOptions {
  std::string id;
  std::string directory;
  std::string output;
  std::string examples;
};

/// The built-in catalogue, with the providers of --rules; the error was said already when there is none.
const oidc::Catalogue* load(const ProvidersOptions& options, Context& context,
                            std::optional<oidc::Catalogue>& own) {
  if (options.directory.empty()) return &oidc::Catalogue::builtin();
  const std::string below = options.directory + "/providers";
  const bool nested = context.files.type(below) == FileType::directory;
  auto loaded = oidc::Catalogue::with_directory(context.files, nested ? below : options.directory);
  if (!loaded.ok()) {
    context.fail(loaded.error());
    return nullptr;
  }
  own = std::move(loaded).value();
  return &*own;
}

ExitCode run_list(const ProvidersOptions& options, Context& context) {
  std::optional<oidc::Catalogue> own;
  const oidc::Catalogue* const catalogue = load(options, context, own);
  if (catalogue == nullptr) return ExitCode::usage;
  context.out.write(context.options.output == "json" ? report::provider_list_json(catalogue->providers())
                                                     : report::provider_list_text(catalogue->providers()));
  return ExitCode::ok;
}

ExitCode run_show(const ProvidersOptions& options, Context& context) {
  std::optional<oidc::Catalogue> own;
  const oidc::Catalogue* const catalogue = load(options, context, own);
  if (catalogue == nullptr) return ExitCode::usage;
  const oidc::Provider* const provider = catalogue->find(options.id);
  if (provider == nullptr) {
    std::vector<std::string_view> ids;
    for (const oidc::Provider& one : catalogue->providers()) ids.push_back(one.id);
    const auto near = nearest(options.id, ids);
    return context.fail(Error(ErrorKind::usage, "there is no provider `" + options.id + "`",
                              near ? "did you mean `" + std::string(*near) + "`?"
                                   : std::string("`oidc-audit providers list` shows all")));
  }
  auto docs = catalogue->docs(options.id);
  if (!docs.ok()) return context.fail(docs.error());
  context.out.write(context.options.output == "json" ? report::provider_json(*provider, docs.value())
                                                     : report::provider_text(*provider, docs.value()));
  return ExitCode::ok;
}

ExitCode run_docs(const ProvidersOptions& options, Context& context) {
  std::optional<oidc::Catalogue> own;
  const oidc::Catalogue* const catalogue = load(options, context, own);
  if (catalogue == nullptr) return ExitCode::usage;
  if (!options.examples.empty() && context.files.type(options.examples) != FileType::directory) {
    return context.fail(Error(ErrorKind::usage, "`" + options.examples + "` is no directory of examples"));
  }
  std::ostringstream unused_out;
  std::ostringstream unused_err;
  const Host host{
      {context.in, unused_out, unused_err}, context.files, context.clock, context.environment, {}};
  auto pages = provider_pages(*catalogue, options.examples, host);
  if (!pages.ok()) return context.fail(pages.error());
  for (const auto& [name, text] : pages.value()) {
    auto written = context.files.write_atomically(options.output + "/" + name, text);
    if (!written.ok()) return context.fail(written.error());
  }
  return ExitCode::ok;
}

}  // namespace

void declare_providers(CommandSpec& spec) {
  auto options = std::make_shared<ProvidersOptions>();
  const auto add_rules = [&options](CommandSpec& command) {
    command.option("--rules", "DIR", options->directory, "also the providers in DIR or DIR/providers");
  };
  spec.description(
      "Shows whose tokens are understood: issuers, forms of subjects, where the tenant is and what can be "
      "renamed "
      "or chosen by others.");
  spec.output_formats({"text", "json"});
  add_rules(spec);
  spec.run([options](Context& context) { return run_list(*options, context); });

  CommandSpec& list = spec.subcommand("list", "List all providers with their issuer");
  list.output_formats({"text", "json"});
  add_rules(list);
  list.run([options](Context& context) { return run_list(*options, context); });

  CommandSpec& show = spec.subcommand("show", "Say everything about one provider");
  show.example("How GitLab names a job", "providers show gitlab-ci");
  show.output_formats({"text", "json"});
  show.positional("PROVIDER", options->id, "id of a provider");
  add_rules(show);
  show.run([options](Context& context) { return run_show(*options, context); });

  CommandSpec& docs = spec.subcommand("docs", "Write a page for each provider, and an index");
  docs.example("The pages of this project", "providers docs docs/providers --examples fixtures/providers");
  docs.positional("DIR", options->output, "existing directory to write to");
  docs.option("--examples", "DIR", options->examples,
              "worked examples, a folder ID a provider: example.yaml, auth-config.yaml, rbac.yaml, "
              "claims.json; their commands are run and shown with what they print");
  add_rules(docs);
  docs.run([options](Context& context) { return run_docs(*options, context); });
}

}  // namespace oidc_audit::cli
