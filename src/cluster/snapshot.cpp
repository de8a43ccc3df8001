#include "cluster/snapshot.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "base/unicode.h"

namespace oidc_audit::cluster {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "oidc-audit/snapshot/";
constexpr int kVersion = 1;
constexpr std::size_t kMaxHeaderBytes = std::size_t{64} << 20;
constexpr int kGzip = 15 + 16;

Error damaged(std::string_view why) {
  return Error(ErrorKind::malformed, fmt::format("the snapshot is damaged: {}", why));
}

/// Compresses piece by piece.
class Deflater {
 public:
  Deflater() { ok_ = deflateInit2(&stream_, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) == Z_OK; }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void add(std::string_view text) {
    while (!text.empty()) {
      const std::size_t piece = std::min<std::size_t>(text.size(), std::numeric_limits<uInt>::max());
      push(text.substr(0, piece), Z_NO_FLUSH);
      text.remove_prefix(piece);
    }
  }
  Result<std::string> finish() {
    push({}, Z_FINISH);
    if (!ok_) return Error(ErrorKind::unreadable, "zlib could not compress the snapshot");
    return std::move(out_);
  }

 private:
  void push(std::string_view text, int flush) {
    if (!ok_) return;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    int code = Z_OK;
    do {
      char buffer[65'536];
      stream_.next_out = reinterpret_cast<Bytef*>(buffer);
      stream_.avail_out = sizeof buffer;
      code = deflate(&stream_, flush);
      out_.append(buffer, sizeof buffer - stream_.avail_out);
    } while (code == Z_OK && stream_.avail_out == 0);
    ok_ = code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR;
  }

  z_stream stream_{};
  bool ok_ = false;
  std::string out_;
};

/// Gives out what was compressed, as much as is asked for.
class Inflater {
 public:
  explicit Inflater(std::string_view bytes) : bytes_(bytes) { ok_ = inflateInit2(&stream_, kGzip) == Z_OK; }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Up to the next line break, which is taken and not given back.
  Result<std::string> line(std::size_t limit) {
    std::string out;
    for (;;) {
      if (begin_ == end_ && (!ok_ || ended_ || !refill())) return damaged("it ends in its first line");
      const std::string_view ready(buffer_ + begin_, end_ - begin_);
      const std::size_t length = std::min(ready.find('\n'), ready.size());
      if (length > limit - out.size()) return damaged("its first line has no end");
      out += ready.substr(0, length);
      begin_ += length;
      if (length == ready.size()) continue;
      ++begin_;
      return out;
    }
  }
  Result<std::string> text(std::size_t size) {
    // Nothing is set aside on the word of a file that cannot hold so much.
    if (size / kMostExpansion > bytes_.size() + sizeof buffer_) return damaged("it ends too early");
    std::string out(size, '\0');
    if (take(out.data(), size) != size) return damaged("it ends too early");
    return out;
  }
  /// True when everything was taken and its checksum is right.
  bool at_end() {
    char c = '\0';
    return take(&c, 1) == 0 && ended_ && bytes_.empty();
  }

 private:
  static constexpr std::size_t kMostExpansion = 1032;  // of deflate, by its format: 258 bytes from 2 bits

  std::size_t take(char* to, std::size_t size) {
    std::size_t done = 0;
    while (done < size && ok_ && !ended_) {
      if (begin_ == end_ && !refill()) break;
      const std::size_t piece = std::min(size - done, end_ - begin_);
      std::copy_n(buffer_ + begin_, piece, to + done);
      begin_ += piece;
      done += piece;
    }
    while (done < size && begin_ != end_) to[done++] = buffer_[begin_++];
    return done;
  }
  bool refill() {
    const std::size_t piece = std::min<std::size_t>(bytes_.size(), std::numeric_limits<uInt>::max());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes_.data()));
    stream_.avail_in = static_cast<uInt>(piece);
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_);
    stream_.avail_out = sizeof buffer_;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    bytes_.remove_prefix(piece - stream_.avail_in);
    begin_ = 0;
    end_ = sizeof buffer_ - stream_.avail_out;
    if (code == Z_STREAM_END) {
      ended_ = true;
    } else if (code != Z_OK) {
      ok_ = false;
    }
    return end_ != 0;
  }

  std::string_view bytes_;
  z_stream stream_{};
  char buffer_[65'536] = {};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool ok_ = false;
  bool ended_ = false;
};

Json part_of(const ListPage& page) {
  Json part = Json::object();
  part["what"] = "list";
  part["resource"] = page.resource;
  part["namespace"] = page.namespace_name;
  part["bytes"] = page.text.size();
  return part;
}

Json gap_of(const Gap& gap) {
  Json out = Json::object();
  out["resource"] = gap.resource;
  out["reason"] = to_string(gap.reason);
  out["message"] = gap.message;
  out["namespaces"] = gap.namespaces;
  out["readNamespaces"] = gap.read_namespaces;
  if (!gap.object.empty()) out["object"] = gap.object;
  return out;
}

Json header_of(const ClusterDump& dump) {
  Json out = Json::object();
  out["name"] = dump.label;
  out["serverVersion"] = dump.server_version;
  out["takenAt"] = dump.taken_at;
  out["parts"] = Json::array();
  for (const ListPage& page : dump.pages) out["parts"].push_back(part_of(page));
  for (const std::string& text : dump.discovery)
    out["parts"].push_back(Json{{"what", "discovery"}, {"bytes", text.size()}});
  out["incomplete"] = Json::array();
  for (const Gap& gap : dump.gaps) out["incomplete"].push_back(gap_of(gap));
  return out;
}

// Reading what somebody may have tampered with: a member of another type counts as absent.

std::string text_of(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

const Json& list_of(const Json& object, const char* name) {
  static const Json kNone = Json::array();
  const auto it = object.find(name);
  return it != object.end() && it->is_array() ? *it : kNone;
}

std::vector<std::string> texts_of(const Json& object, const char* name) {
  std::vector<std::string> out;
  for (const Json& item : list_of(object, name)) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

GapReason reason_of(const std::string& word) {
  for (const GapReason reason : {GapReason::forbidden, GapReason::not_served}) {
    if (to_string(reason) == word) return reason;
  }
  return GapReason::failed;
}

class Reader {
 public:
  Reader(std::string_view bytes, std::size_t max_bytes) : in_(bytes), left_(max_bytes) {}

  Result<Snapshot> read() {
    ASSIGN_OR_RETURN(const std::string line, in_.line(kMaxHeaderBytes));
    const Json header = Json::parse(line, nullptr, false);
    const std::string schema = header.is_object() ? text_of(header, "schema") : std::string();
    if (!schema.starts_with(kSchema))
      return Error(ErrorKind::malformed, "the file is compressed, and no snapshot",
                   "unpack it first; snapshots are made by `oidc-audit snapshot save`");
    if (schema != fmt::format("{}{}", kSchema, kVersion))
      return Error(ErrorKind::malformed,
                   fmt::format("the snapshot has the form `{}`, and this program knows {}{}",
                               escape_for_display(std::string_view(schema).substr(0, 60)), kSchema, kVersion),
                   "take a newer oidc-audit");
    Snapshot out;
    out.tool = text_of(header, "tool");
    for (const Json& cluster : list_of(header, "clusters")) {
      if (!cluster.is_object()) return damaged("a cluster is no object");
      ASSIGN_OR_RETURN(ClusterDump dump, read_dump(cluster));
      out.clusters.push_back(std::move(dump));
    }
    if (out.clusters.empty()) return damaged("it holds no cluster");
    if (!in_.at_end()) return damaged("its end or checksum is wrong");
    return out;
  }

 private:
  Result<ClusterDump> read_dump(const Json& cluster) {
    ClusterDump dump;
    dump.label = text_of(cluster, "name");
    if (dump.label.empty()) return damaged("a cluster has no name");
    dump.server_version = text_of(cluster, "serverVersion");
    dump.taken_at = text_of(cluster, "takenAt");
    for (const Json& part : list_of(cluster, "parts")) {
      if (!part.is_object()) return damaged("a part is no object");
      const auto bytes = part.find("bytes");
      if (bytes == part.end() || !bytes->is_number_unsigned()) return damaged("a part has no size");
      const std::size_t size = bytes->get<std::size_t>();
      if (size > left_) return Error(ErrorKind::limit, "the snapshot unpacks to more than may be read");
      left_ -= size;
      ASSIGN_OR_RETURN(std::string text, in_.text(size));
      if (text_of(part, "what") == "discovery") {
        dump.discovery.push_back(std::move(text));
      } else {
        dump.pages.push_back({text_of(part, "resource"), text_of(part, "namespace"), std::move(text)});
      }
    }
    for (const Json& gap : list_of(cluster, "incomplete")) {
      if (!gap.is_object()) return damaged("a gap is no object");
      dump.gaps.push_back({text_of(gap, "resource"), reason_of(text_of(gap, "reason")),
                           text_of(gap, "message"), texts_of(gap, "namespaces"),
                           texts_of(gap, "readNamespaces"), text_of(gap, "object")});
    }
    return dump;
  }

  Inflater in_;
  std::size_t left_;
};

}  // namespace

bool looks_like_snapshot(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

Result<std::string> write_snapshot(const Snapshot& snapshot) {
  Json header = Json::object();
  header["schema"] = fmt::format("{}{}", kSchema, kVersion);
  header["tool"] = snapshot.tool;
  header["clusters"] = Json::array();
  for (const ClusterDump& dump : snapshot.clusters) header["clusters"].push_back(header_of(dump));
  Deflater out;
  out.add(header.dump(-1, ' ', false, Json::error_handler_t::replace));
  out.add("\n");
  for (const ClusterDump& dump : snapshot.clusters) {
    for (const ListPage& page : dump.pages) out.add(page.text);
    for (const std::string& text : dump.discovery) out.add(text);
  }
  return out.finish();
}

Result<Snapshot> read_snapshot(std::string_view bytes, std::size_t max_bytes) {
  return Reader(bytes, max_bytes).read();
}

}  // namespace oidc_audit::cluster
