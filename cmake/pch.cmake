# Precompiled headers: what a family of targets reads over and over is parsed
# once. Only headers of others and generated ones stand in a list, so no edit of
# ours rebuilds a family. A file still includes all that it uses: clang-tidy
# (tools/check --tidy) reads it without these.
#
# Commands and tests are optimized by -O1: a third of their compile time less,
# and nothing in them is hot.
# GCC 12 takes a std::string's own buffer for overrun at that level.
set(quick_options -O1 -Wno-array-bounds -Wno-stringop-overflow
                  -Wno-stringop-overread)
set(pch_core
    <algorithm> <array> <cstdint> <filesystem> <functional> <map> <memory>
    <mutex> <optional> <set> <span> <string> <string_view> <thread> <utility>
    <vector> <absl/status/status.h> <absl/status/statusor.h>
    <absl/strings/str_cat.h> <absl/strings/str_format.h>
    <absl/strings/str_join.h> <absl/strings/str_split.h>
    <absl/synchronization/mutex.h> <absl/time/time.h>)
set(pch_messages ${pch_core} <google/protobuf/util/json_util.h>
                 <google/protobuf/util/time_util.h>)
foreach(file agent_service lab_service query_service admin_service
             transfer_service compiled_model dataset_file)
  list(APPEND pch_messages <tinyrig/v1/${file}.pb.h>)
endforeach()
set(pch_grpc ${pch_messages} <grpcpp/grpcpp.h>)
foreach(file agent_service lab_service query_service admin_service
             transfer_service)
  list(APPEND pch_grpc <tinyrig/v1/${file}.grpc.pb.h>)
endforeach()
set(pch_command ${pch_grpc} <fmt/format.h> <CLI/CLI.hpp>)
set(pch_http ${pch_messages} <boost/asio/awaitable.hpp>
    <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/tcp.hpp> <boost/asio/steady_timer.hpp>
    <boost/asio/use_awaitable.hpp> <boost/beast/core.hpp>
    <boost/beast/http.hpp>)
set(pch_test ${pch_core} <gmock/gmock.h> <gtest/gtest.h>)
set(pch_test_grpc ${pch_grpc} <gmock/gmock.h> <gtest/gtest.h>)

set(pch_deps_core absl::strings)
set(pch_deps_messages tinyrig_proto)
set(pch_deps_grpc tinyrig_proto)
set(pch_deps_command tinyrig_proto tinyrig_base CLI11::CLI11)
set(pch_deps_http tinyrig_proto Boost::headers)
set(pch_deps_test absl::strings GTest::gmock GTest::gtest)
set(pch_deps_test_grpc tinyrig_proto GTest::gmock GTest::gtest)

# Every target behind `name`, itself excluded, in `out`.
function(tinyrig_closure name out)
  set(todo ${name})
  set(seen)
  while(todo)
    list(POP_FRONT todo next)
    foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
      if(TARGET ${next})
        get_target_property(deps ${next} ${property})
        foreach(dep ${deps})
          if(NOT dep IN_LIST seen AND NOT dep MATCHES "-NOTFOUND$|<")
            list(APPEND seen ${dep})
            if(dep MATCHES "^tinyrig_")
              list(APPEND todo ${dep})
            endif()
          endif()
        endforeach()
      endif()
    endforeach()
  endwhile()
  set(${out} ${seen} PARENT_SCOPE)
endfunction()

# The richest family whose headers and definitions the target has anyway.
function(tinyrig_family name out)
  tinyrig_closure(${name} all)
  get_target_property(direct ${name} LINK_LIBRARIES)
  set(family core)
  if("GTest::gtest" IN_LIST direct)
    set(family test)
    if("tinyrig_proto" IN_LIST all)
      set(family test_grpc)
    endif()
  elseif("tinyrig_proto" IN_LIST all)
    set(family messages)
    if("CLI11::CLI11" IN_LIST all)
      set(family command)
    elseif("gRPC::grpc++" IN_LIST direct)
      set(family grpc)
    elseif("Boost::headers" IN_LIST all)
      set(family http)
    endif()
  endif()
  set(${out} ${family} PARENT_SCOPE)
endfunction()

# Called once all targets stand.
function(tinyrig_precompile_headers)
  if(NOT TINYRIG_QUICK_BUILD)
    return()
  endif()
  get_property(targets GLOBAL PROPERTY TINYRIG_TARGETS)
  foreach(target ${targets})
    get_target_property(own ${target} TINYRIG_OPTIMIZE)
    tinyrig_family(${target} family)
    if(own)
      # Another optimization level than the family's: no shared headers.
      target_compile_options(${target} PRIVATE ${own})
      continue()
    endif()
    if(family MATCHES "command|test")
      target_compile_options(${target} PRIVATE ${quick_options})
    endif()
    set(carrier tinyrig_pch_${family})
    if(NOT TARGET ${carrier})
      file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/pch/${family}.cc
           CONTENT "// Carries the precompiled headers.\n")
      add_library(${carrier} OBJECT EXCLUDE_FROM_ALL
                  ${CMAKE_BINARY_DIR}/pch/${family}.cc)
      target_link_libraries(${carrier} PRIVATE tinyrig_options
                                               ${pch_deps_${family}})
      if(family MATCHES "command|test")
        target_compile_options(${carrier} PRIVATE ${quick_options})
      endif()
      target_precompile_headers(${carrier} PRIVATE ${pch_${family}})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${carrier})
  endforeach()
endfunction()
