// SPDX-License-Identifier: Apache-2.0
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;

/**
 * Verifies a batch of Ed25519 signatures under a named rule: three by the JDK's own signer, one of them over another
 * message. Java 22 or later.
 *
 * <pre>LD_LIBRARY_PATH=PREFIX/lib java --enable-native-access=ALL-UNNAMED Main.java</pre>
 */
public final class Main {
    /* What pyaccel/core.h and pyaccel/verify.h declare. */
    private static final StructLayout ROWS = MemoryLayout.structLayout(
            ADDRESS.withName("data"), JAVA_LONG.withName("data_size"), ADDRESS.withName("offsets"),
            JAVA_INT.withName("offset_bits"), JAVA_INT.withName("reserved"), JAVA_LONG.withName("width"),
            JAVA_LONG.withName("stride"));
    private static final StructLayout OPTIONS = MemoryLayout.structLayout(
            JAVA_LONG.withName("struct_size"), JAVA_INT.withName("rule"), JAVA_INT.withName("message_hash"),
            JAVA_INT.withName("key_format"), JAVA_INT.withName("signature_format"), ADDRESS.withName("identity"),
            ADDRESS.withName("prepared"), ADDRESS.withName("key_index"), JAVA_LONG.withName("key_count"),
            ADDRESS.withName("reasons"), JAVA_INT.withName("threads"), JAVA_INT.withName("reserved"),
            ADDRESS.withName("progress"), ADDRESS.withName("user"), ADDRESS.withName("cache"));
    private static final int OK = 0;
    private static final int SCHEME_ED25519 = 1;
    private static final int RULE_OPENSSL = 3;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup("libpyaccel.so", Arena.global());
    private static final MethodHandle VERIFY_MANY = function("pyaccel_verify_many", FunctionDescriptor.of(
            JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
    private static final MethodHandle STATUS_TEXT =
            function("pyaccel_status_text", FunctionDescriptor.of(ADDRESS, JAVA_INT));

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LIBRARY.find(name).orElseThrow(), descriptor);
    }

    private static long offset(StructLayout layout, String field) {
        return layout.byteOffset(PathElement.groupElement(field));
    }

    /** Rows of {@code width} bytes that lie one after the other. */
    private static MemorySegment rows(Arena arena, ByteArrayOutputStream data, long width) {
        MemorySegment rows = arena.allocate(ROWS);
        rows.set(ADDRESS, offset(ROWS, "data"), arena.allocateFrom(JAVA_BYTE, data.toByteArray()));
        rows.set(JAVA_LONG, offset(ROWS, "data_size"), data.size());
        rows.set(JAVA_LONG, offset(ROWS, "width"), width);
        rows.set(JAVA_LONG, offset(ROWS, "stride"), width);
        return rows;
    }

    public static void main(String[] arguments) throws Throwable {
        final int n = 3;
        var keys = new ByteArrayOutputStream();
        var messages = new ByteArrayOutputStream();
        var signatures = new ByteArrayOutputStream();
        var generator = KeyPairGenerator.getInstance("Ed25519");
        for (int i = 0; i < n; i++) {
            KeyPair pair = generator.generateKeyPair();
            Signature signer = Signature.getInstance("Ed25519");
            signer.initSign(pair.getPrivate());
            signer.update(("vote " + i).getBytes());
            signatures.write(signer.sign());
            /* A SubjectPublicKeyInfo, of which the last 32 bytes are the key. */
            byte[] encoded = pair.getPublic().getEncoded();
            keys.write(encoded, encoded.length - 32, 32);
            messages.write(((i == 1 ? "Vote " : "vote ") + i).getBytes());
        }

        byte[] verdicts;
        /* What is allocated in the arena is zero at first, and freed at its end. */
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment options = arena.allocate(OPTIONS);
            options.set(JAVA_LONG, offset(OPTIONS, "struct_size"), OPTIONS.byteSize());
            options.set(JAVA_INT, offset(OPTIONS, "rule"), RULE_OPENSSL);
            MemorySegment out = arena.allocate(n);
            int status = (int) VERIFY_MANY.invokeExact(out, SCHEME_ED25519, rows(arena, keys, 32),
                    rows(arena, messages, 6), rows(arena, signatures, 64), (long) n, options);
            if (status != OK) {
                MemorySegment text = (MemorySegment) STATUS_TEXT.invokeExact(status);
                System.err.println(text.reinterpret(Long.MAX_VALUE).getString(0));
                System.exit(1);
            }
            verdicts = out.toArray(JAVA_BYTE);
        }
        System.out.println("verdicts: " + Arrays.toString(verdicts));
    }
}
