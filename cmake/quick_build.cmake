# Less compile time for the same programs: headers of others are precompiled
# (cmake/pch.cmake); -O2 takes the place of -O3 except where tinyrig_optimize
# says so. Libraries are then as position independent as programs are, which
# one precompiled header for both asks for.
option(TINYRIG_QUICK_BUILD "Precompiled headers, -O3 only where it pays" ON)
if(TINYRIG_QUICK_BUILD)
  unset(CMAKE_POSITION_INDEPENDENT_CODE)
  string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE
         "${CMAKE_CXX_FLAGS_RELEASE}")
endif()
