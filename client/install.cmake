# find_package(tinyrig-client) gives tinyrig::client. Headers go into a folder
# of their own, so that "base/status.h" cannot meet somebody else's base/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(headers ${CMAKE_INSTALL_INCLUDEDIR}/tinyrig-client)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/tinyrig-client)

foreach(part client proto_file proto base)
  set_target_properties(tinyrig_${part} PROPERTIES EXPORT_NAME ${part})
  target_include_directories(tinyrig_${part} INTERFACE
                             $<INSTALL_INTERFACE:${headers}>)
endforeach()
install(TARGETS tinyrig_client tinyrig_proto_file tinyrig_proto tinyrig_base
        EXPORT tinyrig-client
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client)
install(EXPORT tinyrig-client NAMESPACE tinyrig:: DESTINATION ${package}
        COMPONENT client)

install(FILES admin_client.h dataset_pack.h lab_client.h transfer_client.h
        DESTINATION ${headers}/client COMPONENT client)
install(FILES ${PROJECT_SOURCE_DIR}/base/status.h
        DESTINATION ${headers}/base COMPONENT client)
install(DIRECTORY ${PROJECT_BINARY_DIR}/gen/tinyrig
        DESTINATION ${headers} COMPONENT client
        FILES_MATCHING PATTERN "*.pb.h" PATTERN "*.grpc.pb.h" EXCLUDE)

write_basic_package_version_file(
  ${CMAKE_CURRENT_BINARY_DIR}/tinyrig-client-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES tinyrig-client-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/tinyrig-client-config-version.cmake
        DESTINATION ${package} COMPONENT client)
