import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Verifies a delivery of Guestright in Java (11 or later, nothing to install).
 *
 * <pre>java Verify.java SECRET[,OLDER-SECRET] ID TIMESTAMP SIGNATURE &lt; body      says "valid" or why not</pre>
 */
public final class Verify {
  /** Throws unless Guestright sent this body (as it arrived) within the last five minutes. */
  public static void verify(String[] secrets, String id, String timestamp, String signature, byte[] body)
      throws GeneralSecurityException {
    if (id == null || id.isEmpty() || signature == null || timestamp == null || !timestamp.matches("[0-9]{1,15}")) {
      throw new SecurityException("a header is missing");
    }
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > 300) {
      throw new SecurityException("too old or too early");
    }
    for (String secret : secrets) {
      byte[] key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
      byte[] want = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(StandardCharsets.UTF_8);
      for (String part : signature.split(" ")) {
        if (MessageDigest.isEqual(want, part.getBytes(StandardCharsets.UTF_8))) {
          return;
        }
      }
    }
    throw new SecurityException("no signature fits");
  }

  // In a servlet: request.getHeader("Webhook-Id"), ("Webhook-Timestamp"), ("Webhook-Signature"), and the body before it is parsed.
  public static void main(String[] args) throws Exception {
    try {
      verify(args[0].split(","), args[1], args[2], args[3], System.in.readAllBytes());
      System.out.println("valid");
    } catch (SecurityException e) {
      System.out.println(e.getMessage());
      System.exit(1);
    }
  }
}
