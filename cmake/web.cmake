# The dashboard: target `web` puts it where tinyrig-server looks for it. Needs
# Node 18.13 and npm, Debian's own will do; npm fetches packages once.
option(TINYRIG_WEB "Build the dashboard (Node and npm)" ON)
if(NOT TINYRIG_WEB)
  # The server says on its first page that there is none.
  file(REMOVE_RECURSE ${CMAKE_BINARY_DIR}/share/tinyrig/web)
  return()
endif()

find_program(TINYRIG_NODE node)
find_program(TINYRIG_NPM npm)
set(node_version "none")
if(TINYRIG_NODE)
  execute_process(COMMAND ${TINYRIG_NODE} --version
                  OUTPUT_VARIABLE node_version OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE "v" "" node_version "${node_version}")
endif()
if(NOT TINYRIG_NPM OR node_version VERSION_LESS 18.13)
  message(FATAL_ERROR
    "The dashboard needs Node 18.13 or newer and npm; found Node "
    "${node_version} (${TINYRIG_NODE}), npm at ${TINYRIG_NPM}. Run "
    "tools/install-packages, or configure with -DTINYRIG_WEB=OFF to build "
    "without the dashboard.")
endif()

set(web_work ${CMAKE_BINARY_DIR}/dashboard)
file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS
     ${CMAKE_SOURCE_DIR}/web/src/* ${CMAKE_SOURCE_DIR}/web/public/*
     ${CMAKE_SOURCE_DIR}/web/tools/* ${CMAKE_SOURCE_DIR}/proto/tinyrig/v1/*.proto)
set(web_settings)
foreach(file index.html package.json package-lock.json tsconfig.json
        vite.config.ts .prettierrc.json .prettierignore)
  list(APPEND web_settings ${CMAKE_SOURCE_DIR}/web/${file})
endforeach()
add_custom_command(
  OUTPUT ${web_work}/built
  COMMAND ${CMAKE_SOURCE_DIR}/tools/build-web ${web_work}
          ${CMAKE_BINARY_DIR}/share/tinyrig/web
  COMMAND ${CMAKE_COMMAND} -E touch ${web_work}/built
  DEPENDS ${web_sources} ${web_settings} ${CMAKE_SOURCE_DIR}/tools/build-web
  COMMENT "Building the dashboard"
  VERBATIM)
add_custom_target(web ALL DEPENDS ${web_work}/built)
add_dependencies(programs web)

if(TINYRIG_TESTS)
  add_test(NAME web_unit COMMAND ${TINYRIG_NPM} run --silent test)
  add_test(NAME web_types COMMAND ${TINYRIG_NODE} tools/gen_types.mjs --check)
  add_test(NAME web_check COMMAND ${TINYRIG_NPM} run --silent check)
  add_test(NAME web_format COMMAND ${TINYRIG_NPM} run --silent format:check)
  set_tests_properties(
    web_unit web_types web_check web_format
    PROPERTIES LABELS "unit;web" TIMEOUT 300
               WORKING_DIRECTORY ${web_work}/web)
endif()
