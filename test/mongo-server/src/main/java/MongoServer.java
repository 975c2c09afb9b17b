import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import de.bwaldvogel.mongo.bson.Document;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * A MongoDB server on a port of 127.0.0.1 for the tests. Its arguments, in any order: a number is the port (otherwise a free
 * one), anything else the file that keeps the data (otherwise the memory does). Prints its address when it listens, and ends
 * with its standard input, so that it never outlives the tests that started it.
 */
final class MongoServer {
    /** The driver refuses what is older than wire version 9, which is MongoDB 4.4; the library would say 6. */
    private static final MongoVersion VERSION = new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    };

    public static void main(String[] arguments) throws IOException {
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        int port = 0;
        MongoBackend backend = null;
        for (String argument : arguments) {
            if (argument.matches("\\d+")) port = Integer.parseInt(argument);
            else backend = new JournaledBackend(argument);
        }
        var server = new de.bwaldvogel.mongo.MongoServer((backend == null ? new MemoryBackend() : backend).version(VERSION));
        server.bind("127.0.0.1", port);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
        while (System.in.read() >= 0);
        System.exit(0);
    }

    /** Writes to its file before it answers, as a journal does; the library would within a second. */
    private static final class JournaledBackend extends H2Backend {
        private static final Set<String> READS =
            Set.of("find", "getMore", "aggregate", "count", "distinct", "ping", "isMaster", "ismaster", "hello", "killCursors");

        JournaledBackend(String file) {
            super(file);
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            Document answer = super.handleMessage(message);
            if (!READS.contains(message.getDocument().keySet().iterator().next())) commit();
            return answer;
        }
    }
}
