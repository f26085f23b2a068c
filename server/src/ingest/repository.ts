import { type Label, labelValue } from "./labels.ts";

/**
 * What to store for a mapping's build id: where the service says which repository it was built from, a JSON object
 * that viewers of source code read; else the build id itself.
 */
export function buildIdWriter(labels: readonly Label[]): (buildId: string) => string {
  const repository = labelValue(labels, "service_repository");
  const gitRef = labelValue(labels, "service_git_ref");
  const rootPath = labelValue(labels, "service_root_path");
  if (repository === "" && gitRef === "" && rootPath === "") return (buildId) => buildId;
  return (buildId) =>
    JSON.stringify({
      ...(repository === "" ? {} : { repository }),
      ...(gitRef === "" ? {} : { git_ref: gitRef }),
      ...(buildId === "" ? {} : { build_id: buildId }),
      ...(rootPath === "" ? {} : { root_path: rootPath }),
    });
}
