/** Which of two versions of the software is the newer one. https://semver.org/#spec-item-11 */

/**
 * Is the first version newer than the second? A version that is absent or no semantic version is older than every other.
 * A pre-release (`1.2.0-rc.1`) is older than its release; pre-releases of one version count as equal.
 */
export function isNewer(version: string | undefined, than: string | undefined): boolean {
  const [one, other] = [parts(version), parts(than)]
  for (const [index, part] of one.entries()) {
    const difference = part - (other[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

/** major, minor, patch, and 1 for a release, 0 for a pre-release. */
function parts(version: string | undefined): readonly number[] {
  const found = /^(\d+)\.(\d+)\.(\d+)(-)?/.exec(version ?? '')
  return found ? [...found.slice(1, 4).map(Number), found[4] === undefined ? 1 : 0] : [-1, -1, -1, -1]
}
