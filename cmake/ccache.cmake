# A compiler cache speeds up repeated builds; nothing depends on it.
find_program(TINYRIG_CCACHE ccache)
if(TINYRIG_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${TINYRIG_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TINYRIG_CCACHE})
endif()
