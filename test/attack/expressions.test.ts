/** Expressions that clients post and that take very long: rules of profiles, paths of patches. */
import assert from 'node:assert/strict'
import { goal, participant, type Body } from '../builders/index.ts'
import { address, profileOf } from '../builders/definitions.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

const HOSTILE = 'note.all(%resource.note.where(%resource.note.text.count() > 1).exists())'
const SLOW_ENGINE = 'repeat(children()).where(%resource.repeat(children()).count() > 1).exists()'
const CATASTROPHIC = "note.text.all(matches('^(a+)+$'))"

for (const rules of ['hub', 'open'])
  describe(`attack / expressions of clients, HUB_RULES=${rules}`, function () {
    this.timeout(30_000)
    let hub: Given
    let board: Client
    let subject: string
    before(async () => {
      hub = await given({ HUB_RULES: rules, HUB_FHIRPATH_LIMIT: '100000' })
      board = hub.as(undefined)
      const rows = { hostile: HOSTILE, engine: SLOW_ENGINE, regex: CATASTROPHIC }
      for (const [id, expression] of Object.entries(rows)) {
        const constraint = [{ key: `x-${id}`, severity: 'error', human: 'A rule.', expression }]
        made(
          await board.post('/StructureDefinition', profileOf(id, 'Goal', [{ id: 'Goal', path: 'Goal', constraint }])),
        )
      }
      const created =
        rules === 'hub'
          ? await hub.as('es').post('/Patient', participant('es'))
          : await board.post('/Patient', { resourceType: 'Patient' })
      subject = `Patient/${made(created).id}`
    })
    after(() => hub.stop())

    /** Claims a posted profile, with so many notes. */
    const claiming = (id: string, notes: number, text = 'aa'): Body => {
      const one = goal(subject) as Body & { readonly meta?: { readonly profile?: readonly string[] } }
      const profile = [...(one.meta?.profile ?? []), address('StructureDefinition', id)]
      return {
        ...one,
        meta: { ...one.meta, profile },
        note: Array.from({ length: notes }, (_, index) => ({ text: index === 0 ? text : `${text}${index}` })),
      } as Body
    }
    const sender = (): Client => (rules === 'hub' ? hub.as('es') : board)

    // With open rules, posted profiles are kept, and no record is validated by them.
    if (rules === 'hub') {
      it('end a rule that takes too many steps with an error that names it and the limit', async () => {
        for (const [id, expression] of [
          ['hostile', HOSTILE],
          ['engine', SLOW_ENGINE],
        ] as const) {
          const text = refused(await sender().post('/Goal', claiming(id, 80)), 413, 'check-too-long')
          assert.ok(text.includes(`\`${expression}\``) && text.includes('100000'), text)
          const again = refused(await sender().post('/Goal/$validate', claiming(id, 80)), 413, 'check-too-long')
          assert.equal(again, text)
        }
        made(await sender().post('/Goal', claiming('hostile', 2)))
      })

      it('match in linear time what JavaScript would take exponential time for', async () => {
        made(await sender().post('/Goal', claiming('regex', 1, 'a'.repeat(60))))
        refused(await sender().post('/Goal', claiming('regex', 1, `${'a'.repeat(60)}!`)), 422, 'invariant')
      })
    }

    it('end a patch whose path takes too many steps', async () => {
      const one = made(
        await sender().post('/Goal', { ...goal(subject), note: Array.from({ length: 500 }, () => ({ text: 'a' })) }),
      )
      const operation = (path: string) => ({
        resourceType: 'Parameters',
        parameter: [
          {
            name: 'operation',
            part: [
              { name: 'type', valueCode: 'delete' },
              { name: 'path', valueString: path },
            ],
          },
        ],
      })
      const path = 'Goal.note.where(%resource.note.text.exists() and %resource.note.where(text.exists()).exists())'
      refused(await sender().send('PATCH', `/Goal/${one.id}`, operation(path)), 413, 'patch-too-long')
      made(await sender().send('PATCH', `/Goal/${one.id}`, operation('Goal.note.where($this.text.exists()).first()')))
    })
  })
