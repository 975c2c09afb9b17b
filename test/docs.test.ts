/** The pages are true: settings, errors, dependencies, paths, links, terms and commands are compared with the code. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { referencePages } from '../scripts/docs/pages.ts'
import { SETTINGS } from '../server/config.ts'
import { loadDefinitions } from '../server/definitions/load.ts'
import { ERRORS } from '../server/fhir/outcome.ts'
import { ROOT, sourceFiles } from './checks/files.ts'
import { codeBlocks, links, slug, tableRows, textOf } from './checks/markdown.ts'

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...sourceFiles('docs', ['.md'])]

describe('the documentation', () => {
  it('lists every setting with its default, its values and its meaning', () => {
    const listed = tableRows(textOf('docs/settings.md'), ['name', 'default', 'allowed', 'what it is'])
    const table = Object.entries(SETTINGS).map(([name, { default: fallback, kind, doc }]) => [
      `\`${name}\``,
      fallback === undefined ? 'unset' : `\`${fallback}\``,
      kind.allowed,
      doc,
    ])
    assert.deepEqual(listed, table)
  })

  it('lists every error code with its status, issue type, meaning, what to do and an example', () => {
    const listed = tableRows(textOf('docs/errors.md'), [
      'code',
      'status',
      'issue type',
      'meaning',
      'what to do',
      'example',
    ])
    assert.deepEqual(
      listed.map(([code]) => code).sort(),
      Object.keys(ERRORS)
        .map((code) => `\`${code}\``)
        .sort(),
    )
    const facts = Object.fromEntries(listed.map(([code, ...rest]) => [code, rest.slice(0, 3)]))
    for (const [code, [status, type, meaning]] of Object.entries(ERRORS))
      assert.deepEqual(facts[`\`${code}\``], [String(status), type, meaning], code)
    for (const [code = '', , , , todo = '', example] of listed) {
      assert.match(todo, /^[A-Z`].*\.$/, `${code} has no sentence on what to do`)
      assert.equal(example, `[see](reference/errors.md#${code.replaceAll('`', '')})`)
    }
  })

  it('describes every profile, search parameter, operation, topic, code list and example as defined', async () => {
    const pages = referencePages(await loadDefinitions(ROOT))
    // That of errors is compared where its examples are made: test/errors.
    assert.deepEqual([...Object.keys(pages), 'errors.md'].sort(), readdirSync(join(ROOT, 'docs/reference')).sort())
    for (const [name, text] of Object.entries(pages))
      assert.equal(textOf(`docs/reference/${name}`), text, `run scripts/docs.ts: ${name}`)
  })

  it('gives every dependency a line', () => {
    const manifest = JSON.parse(textOf('package.json')) as { dependencies: object; devDependencies: object }
    const page = textOf('docs/dependencies.md')
    const names = (heading: readonly string[]) => tableRows(page, heading).map(([name]) => name?.replaceAll('`', ''))
    assert.deepEqual(
      names(['package', 'what for', 'why this one', 'what it would take to drop it']),
      Object.keys(manifest.dependencies).sort(),
    )
    assert.deepEqual(names(['package', 'what for', 'why this one']), Object.keys(manifest.devDependencies).sort())
  })

  it('maps the folders as they are', () => {
    const [map = ''] = codeBlocks(textOf('docs/architecture.md'))
    const paths = map
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(/\s+/)[0] ?? '')
    assert.deepEqual(
      paths.filter((path) => !existsSync(join(ROOT, path))),
      [],
    )
    const folders = readdirSync(join(ROOT, 'server'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    assert.deepEqual(
      folders.map(({ name }) => `server/${name}/`).filter((folder) => !paths.includes(folder)),
      [],
    )
  })

  it('defines at most 25 terms of the code, in order', () => {
    const [, code = ''] = textOf('docs/glossary.md').split('\n## The code\n')
    const terms = tableRows(code, ['term', 'meaning']).map(([term = '']) => term)
    assert.ok(terms.length > 0 && terms.length <= 25, `there are ${terms.length} terms`)
    assert.deepEqual(terms, [...terms].sort())
  })

  it('links only to existing pages and headings', () => {
    const broken = PAGES.flatMap((page) =>
      links(textOf(page))
        .filter((link) => !leadsSomewhere(page, link))
        .map((link) => `${page}: ${link}`),
    )
    assert.deepEqual(broken, [])
  })

  it('lists every page in the index', () => {
    const listed = links(textOf('docs/index.md')).map((link) => join('docs', link))
    assert.deepEqual(
      PAGES.filter((page) => page !== 'docs/index.md' && !listed.includes(page)),
      [],
    )
  })

  it('gives every decision its context and its consequences', () => {
    for (const page of sourceFiles('docs/decisions', ['.md'])) {
      assert.match(page, /\/\d{4}-[a-z0-9-]+\.md$/)
      const text = textOf(page)
      for (const part of [/^# \d+/, /^## Context$/m, /^## Decision$/m, /^## Consequences$/m])
        assert.match(text, part, page)
    }
  })

  it('names only existing npm commands', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
    const named = PAGES.flatMap((page) =>
      [...textOf(page).matchAll(/npm run ([a-z][a-z:-]*)/g)].map((match) => match[1] ?? ''),
    )
    assert.deepEqual(
      [...new Set(named)].filter((name) => !Object.hasOwn(scripts, name)),
      [],
    )
  })

  it('names only existing files', () => {
    const pattern = /`((?:server|test|scripts|docs|profiles|valuesets|capability|samples|bench)\/[\w./-]+)`/g
    const named = PAGES.flatMap((page) =>
      [...textOf(page).matchAll(pattern)].map((match) => [page, match[1] ?? ''] as const),
    )
    assert.deepEqual(
      named.filter(([, path]) => !existsSync(join(ROOT, path))).map(([page, path]) => `${page}: ${path}`),
      [],
    )
  })
})

function leadsSomewhere(page: string, link: string): boolean {
  if (/^https?:/.test(link)) return true
  const [path = '', anchor] = link.split('#')
  const file = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(ROOT, file))) return false
  if (anchor === undefined) return true
  const headings = readFileSync(join(ROOT, file), 'utf8').match(/^#+ .*$/gm) ?? []
  return headings.some((heading) => slug(heading) === anchor)
}
