# Puts YAML (or JSON) files into the program as compact JSON, so that no YAML is read when it starts.
#
#   embed_yaml(TARGET SYMBOL DIRECTORY folder [PATTERNS "*.yaml" ...])
#
# adds a source to TARGET that defines, in namespace oidc_audit::embedded (src/base/embedded.h),
#
#   std::span<const File> SYMBOL();
#
# the files below `folder` whose path matches, in the order of their paths relative to it. New files are
# found by the next build (CONFIGURE_DEPENDS): nothing is registered anywhere.
get_filename_component(OIDC_EMBED_DIR "${CMAKE_CURRENT_LIST_DIR}" ABSOLUTE CACHE)

function(embed_yaml target symbol)
  cmake_parse_arguments(ARG "" "DIRECTORY" "PATTERNS" ${ARGN})
  if(NOT ARG_PATTERNS)
    set(ARG_PATTERNS "*.yaml")
  endif()
  set(globs "")
  foreach(pattern IN LISTS ARG_PATTERNS)
    list(APPEND globs "${ARG_DIRECTORY}/${pattern}")
  endforeach()
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${globs})
  list(SORT files)
  set(list_file "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.files")
  list(JOIN files "\n" lines)
  file(CONFIGURE OUTPUT "${list_file}" CONTENT "${lines}\n" @ONLY)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND oidc_embed "${output}" "${symbol}" "${ARG_DIRECTORY}" "${list_file}"
    DEPENDS oidc_embed "${list_file}" ${files}
    COMMENT "Embedding ${symbol}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
  # For tools that read sources without building them.
  add_custom_target(embed_${symbol} DEPENDS "${output}")
  add_dependencies(${target} embed_${symbol})
  add_dependencies(generated_sources embed_${symbol})
endfunction()

if(NOT TARGET generated_sources)
  add_custom_target(generated_sources)
endif()

if(NOT TARGET oidc_embed)
  add_executable(oidc_embed "${OIDC_EMBED_DIR}/embed_main.cpp" "${OIDC_EMBED_DIR}/compact_json.cpp")
  target_link_libraries(oidc_embed PRIVATE oidc_document project_options)
endif()
