/** The samples by the profile of the hub that they claim. */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'

const SAMPLES = path.join(import.meta.dirname, '..', 'samples')

/** Texts of valid samples, and of samples that are refused, by profile. */
export type Samples = ReadonlyMap<string, { readonly valid: readonly string[]; readonly refused: readonly string[] }>

export function samplesByProfile(): Samples {
  const found = new Map<string, { valid: string[]; refused: string[] }>()
  for (const folder of readdirSync(SAMPLES, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue
    for (const file of readdirSync(path.join(SAMPLES, folder.name)).sort()) {
      if (!/^(in)?valid-.*(?<!\.issues)\.json$/.test(file)) continue
      const text = readFileSync(path.join(SAMPLES, folder.name, file), 'utf8')
      const profile = claimIn(text)
      if (profile === undefined) continue
      const list = found.get(profile) ?? { valid: [], refused: [] }
      found.set(profile, list)
      list[file.startsWith('valid-') ? 'valid' : 'refused'].push(text)
    }
  }
  return new Map([...found].filter(([, { valid }]) => valid.length > 0))
}

function claimIn(text: string): string | undefined {
  try {
    const profile = (JSON.parse(text) as { meta?: { profile?: readonly unknown[] } }).meta?.profile?.[0]
    return typeof profile === 'string' ? profile : undefined
  } catch {
    return undefined
  }
}
