# A compiler cache speeds up repeated builds; nothing depends on it.
find_program(TINYRIG_CCACHE ccache)
if(TINYRIG_CCACHE)
  # What ccache asks for before it caches with precompiled headers.
  set(sloppiness "pch_defines,time_macros,include_file_mtime,include_file_ctime")
  set(launcher ${TINYRIG_CCACHE})
  if(TINYRIG_QUICK_BUILD)
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=${sloppiness}
                 ${TINYRIG_CCACHE})
  endif()
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  if(TINYRIG_QUICK_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  endif()
endif()
