import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.TimeZone;
import org.quartz.CronExpression;

/** Reads `engine TAB expression TAB zone TAB epoch second TAB count`, prints the next times. */
public class Oracle {
    private static final CronParser UNIX =
            new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
    private static final CronParser WITH_LETTERS =
            new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.QUARTZ));

    public static void main(String[] arguments) throws Exception {
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in));
        PrintStream told = new PrintStream(System.out, false);
        for (String line = asked.readLine(); line != null; line = asked.readLine()) {
            String[] parts = line.split("\t");
            ZoneId zone = ZoneId.of(parts[2]);
            Instant after = Instant.ofEpochSecond(Long.parseLong(parts[3]));
            int count = Integer.parseInt(parts[4]);
            try {
                List<Long> found =
                        parts[0].equals("quartz")
                                ? quartz(parts[1], zone, after, count)
                                : cronUtils(parts[1], zone, after, count);
                told.println(found.toString().replaceAll("[\\[\\] ]", ""));
            } catch (Exception error) {
                told.println("!" + String.valueOf(error.getMessage()).replace('\n', ' '));
            }
        }
        told.flush();
    }

    private static List<Long> quartz(String text, ZoneId zone, Instant after, int count)
            throws Exception {
        CronExpression expression = new CronExpression(text);
        expression.setTimeZone(TimeZone.getTimeZone(zone));
        List<Long> found = new ArrayList<>();
        Date moment = Date.from(after);
        while (found.size() < count) {
            moment = expression.getNextValidTimeAfter(moment);
            if (moment == null) {
                break;
            }
            found.add(moment.toInstant().getEpochSecond());
        }
        return found;
    }

    private static List<Long> cronUtils(String text, ZoneId zone, Instant after, int count) {
        CronParser parser = text.split(" ").length > 5 ? WITH_LETTERS : UNIX;
        ExecutionTime times = ExecutionTime.forCron(parser.parse(text));
        List<Long> found = new ArrayList<>();
        ZonedDateTime moment = after.atZone(zone);
        while (found.size() < count) {
            moment = times.nextExecution(moment).orElse(null);
            if (moment == null) {
                break;
            }
            found.add(moment.toEpochSecond());
        }
        return found;
    }
}
