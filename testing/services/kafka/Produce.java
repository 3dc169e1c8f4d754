import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends "codec 0", "codec 1" … as a Java team's producer does: brokers, topic, compression.type, count. */
public class Produce {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("compression.type", args[2]);
    settings.put("linger.ms", "200");
    settings.put("acks", "all");
    var strings = new StringSerializer();
    try (var producer = new KafkaProducer<>(settings, strings, strings)) {
      for (int i = 0; i < Integer.parseInt(args[3]); i++)
        producer.send(new ProducerRecord<>(args[1], null, args[2] + " " + i));
      producer.flush();
    }
  }
}
