# The adapter's sources, for the library here and for the SDK's own build (extension/).
set(AVS_SDK_SOURCES)
foreach(name channel connection exchange factory gateway libcurl_factory log settings)
  list(APPEND AVS_SDK_SOURCES ${CMAKE_CURRENT_LIST_DIR}/${name}.cpp)
endforeach()
