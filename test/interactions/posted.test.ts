/** The board posts profiles, value sets, code systems, maps and questionnaires: they hold from the answer on. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { given, refused, type Client, type Given } from '../given.ts'
import { temporaryFolder } from '../store/stores.ts'
import { participant } from '../visibility/records.ts'
import { address, profileOf } from './posted.ts'

const KINDS = {
  memory: async () => 'memory:',
  sqlite: async (folder: string) => `sqlite:${join(folder, 'hub.sqlite')}`,
}

for (const [kind, storeIn] of Object.entries(KINDS)) {
  describe(`interactions / posted definitions over ${kind}`, function () {
    this.timeout(60_000)
    let folder: string
    let hub: Given
    let board: Client
    let es: Client
    before(async () => {
      folder = await temporaryFolder()
      hub = await given({ HUB_STORE: await storeIn(folder) })
      board = hub.as(undefined)
      es = hub.as('es')
    })
    after(async () => {
      await hub.stop()
      await rm(folder, { recursive: true })
    })

    const put = (resource: { resourceType: string; id: string }, version?: number) =>
      board.put(`/${resource.resourceType}/${resource.id}`, resource, version)
    const claiming = (id: string, more = {}) => ({
      ...participant('es', more),
      meta: { profile: [address('StructureDefinition', id)] },
    })

    it('hold for the request after the answer, for writes and for $validate', async () => {
      const profile = profileOf('needs-phone', 'Patient', [{ id: 'Patient.telecom', min: 1 }])
      refused(await es.post('/Patient', claiming('needs-phone')), 422, 'profile-unknown')
      const answer = await put(profile)
      assert.deepEqual([answer.status, answer.headers.get('etag')], [201, 'W/"1"'], answer.text)
      refused(await es.post('/Patient', claiming('needs-phone', { telecom: undefined })), 422, 'element-missing')
    })
  })
}
