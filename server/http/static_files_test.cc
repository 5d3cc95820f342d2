// The dashboard's files.
#include "server/http/static_files.h"

#include <map>

#include <gtest/gtest.h>

#include "base/file.h"
#include "server/http/gzip.h"

namespace tinyrig::server {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    fs::remove_all(outer_);
    fs::create_directories(folder_ / "assets");
    Write("index.html", "<page>");
    Write("assets/app-1.js", std::string(kMinGzipBytes, 'a'));
    Write("robots.txt", "none");
    Write(".hidden.txt", "secret");
    Write("../outside.txt", "secret");
  }
  ~StaticFilesTest() override { fs::remove_all(outer_); }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(
        base::WriteFileAtomic(folder_ / name, std::string_view(text)).ok());
  }

  HttpReply Get(const std::vector<std::string>& path,
                const std::map<std::string, std::string>& headers = {}) {
    HttpRequest request;
    request.path = path;
    request.headers = headers;
    return files_.Serve(request);
  }

  static std::string Line(const HttpReply& reply, const std::string& name) {
    for (const auto& [key, value] : reply.headers) {
      if (key == name) {
        return value;
      }
    }
    return "";
  }

  fs::path outer_ =
      fs::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
  fs::path folder_ = outer_ / "web";
  StaticFiles files_{folder_};
};

TEST_F(StaticFilesTest, PathsWithoutADotAreThePage) {
  for (const auto& path : std::vector<std::vector<std::string>>{
           {}, {"runs"}, {"runs", "r-1"}, {"index.html"}}) {
    const HttpReply reply = Get(path);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "<page>");
    EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(Line(reply, "Cache-Control"), "no-cache");
  }
}

TEST_F(StaticFilesTest, AssetsAreKeptForEver) {
  const HttpReply reply = Get({"assets", "app-1.js"});
  EXPECT_EQ(reply.content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(Line(reply, "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(Get({"robots.txt"}).body, "none");
  EXPECT_EQ(Line(Get({"robots.txt"}), "Cache-Control"), "no-cache");
}

TEST_F(StaticFilesTest, NeverLeavesTheFolder) {
  fs::create_symlink(outer_ / "outside.txt", folder_ / "link.txt");
  for (const auto& path : std::vector<std::vector<std::string>>{
           {"..", "outside.txt"},
           {"../outside.txt"},
           {"..\\outside.txt"},
           {"assets", "..", "..", "outside.txt"},
           {".hidden.txt"},
           {"link.txt"}}) {
    EXPECT_EQ(Get(path).status, 404) << path.back();
  }
}

TEST_F(StaticFilesTest, MissingFilesAndFoldersAreNotThePage) {
  EXPECT_EQ(Get({"missing.js"}).status, 404);
  EXPECT_EQ(Get({"assets", "app-2.js"}).status, 404);
}

TEST_F(StaticFilesTest, PacksForThoseWhoTakeIt) {
  const HttpReply packed =
      Get({"assets", "app-1.js"}, {{"accept-encoding", "gzip"}});
  EXPECT_EQ(Line(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), kMinGzipBytes);
  const HttpReply plain = Get({"assets", "app-1.js"});
  EXPECT_EQ(Line(plain, "Content-Encoding"), "");
  EXPECT_EQ(Line(plain, "Vary"), "Accept-Encoding");
}

TEST_F(StaticFilesTest, WhoKnowsAFileGetsItOnlyWhenItHasChanged) {
  const std::string etag = Line(Get({"robots.txt"}), "ETag");
  EXPECT_EQ(Get({"robots.txt"}, {{"if-none-match", etag}}).status, 304);
  Write("robots.txt", "other text");
  EXPECT_EQ(Get({"robots.txt"}, {{"if-none-match", etag}}).status, 200);
}

TEST_F(StaticFilesTest, WithoutADashboardThePageSaysHowToMakeIt) {
  fs::remove(folder_ / "index.html");
  const HttpReply reply = Get({});
  EXPECT_EQ(reply.content_type, "text/html; charset=utf-8");
  EXPECT_NE(reply.body.find("has not been built"), std::string::npos);
}

TEST(EtagMatches, ListsWeakOnesAndTheStar) {
  EXPECT_TRUE(EtagMatches("\"a\"", "\"a\""));
  EXPECT_TRUE(EtagMatches("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(EtagMatches("*", "\"a\""));
  EXPECT_FALSE(EtagMatches("", "\"a\""));
  EXPECT_FALSE(EtagMatches("a", "\"a\""));
}

TEST(EtagOf, DiffersWithTheBytesAndIsQuoted) {
  EXPECT_EQ(EtagOf("a"), EtagOf("a"));
  EXPECT_NE(EtagOf("a"), EtagOf("b"));
  EXPECT_EQ(EtagOf("").front(), '"');
  EXPECT_EQ(EtagOf("").back(), '"');
}

}  // namespace
}  // namespace tinyrig::server
