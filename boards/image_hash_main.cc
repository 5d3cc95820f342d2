// tinyrig-imagehash IN OUT: completes the header of a flat image.
#include <cstdio>

#include "base/file.h"
#include "boards/image_header.h"

namespace {

absl::Status Run(const char* in, const char* out) {
  ASSIGN_OR_RETURN(std::vector<uint8_t> image, tinyrig::base::ReadFile(in));
  RETURN_IF_ERROR(tinyrig::boards::FillImageHeader(&image));
  return tinyrig::base::WriteFileAtomic(out, image);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tinyrig-imagehash IN OUT\n");
    return 2;
  }
  const absl::Status status = Run(argv[1], argv[2]);
  if (!status.ok()) {
    std::fprintf(stderr, "tinyrig-imagehash: %s\n",
                 std::string(status.message()).c_str());
    return 3;
  }
  return 0;
}
