// The kinds of boards that boards/ describes, as the lab asks for them.
#pragma once

#include "server/lab/lab.h"

namespace tinyrig::server {

BoardCatalog KnownBoards();

}  // namespace tinyrig::server
